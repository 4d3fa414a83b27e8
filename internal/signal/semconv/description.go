package semconv

var descriptions = map[string]string{
	MetricTTFB:             "Time to the first byte, token or word of a stage.",
	MetricProcessing:       "Time that a stage worked.",
	MetricTurnLatency:      "Time from the user's last word to the bot's first.",
	MetricLLMTokens:        "Tokens used, in disjoint parts: adding up any of them is right.",
	MetricTTSCharacters:    "Characters sent to speech synthesis.",
	MetricSTTAudio:         "Seconds of audio sent to speech recognition.",
	MetricSTTSession:       "Seconds that speech recognition was open.",
	MetricRealtimeSession:  "Seconds that a realtime model was open.",
	MetricTransportSeconds: "Seconds of a telephony or WebRTC leg.",
	MetricPlatformSeconds:  "Seconds that a voice platform bills.",
	MetricCost:             "Cost of what was used, at the price of its moment.",
	MetricUnpricedUsage:    "Usage without a known price, which is not in the cost.",
	MetricSessionDuration:  "How long the call has gone on.",
	MetricCalls:            "Calls that began.",
	MetricCallsActive:      "Calls that have begun and not ended.",
	MetricCallDuration:     "How long calls lasted.",
	MetricTurns:            "Turns in which the bot spoke.",
	MetricInterruptions:    "Times that the user cut the bot off.",
	MetricToolCalls:        "Function calls of the bot, at their end.",
	MetricErrors:           "Errors that the bot reported.",
}

// Description is what a metric of ours means, in a sentence; empty for others.
func Description(metric string) string { return descriptions[metric] }
