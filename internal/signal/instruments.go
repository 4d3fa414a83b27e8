package signal

import "github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"

// instrumentID is a metric of ours.
type instrumentID uint8

const (
	callsBegun instrumentID = iota
	callsActive
	callDuration
	sessionDuration
	ttfb
	processing
	turnLatency
	turns
	interruptions
	toolCalls
	errorsReported
	llmTokens
	ttsCharacters
	sttAudio
	sttSession
	realtimeSession
	transportSeconds
	platformSeconds
	cost
	instruments // how many there are
)

// instrument is what all points of a metric have in common.
type instrument struct {
	name, unit string
	// bounds are those of a histogram; what has none is a sum.
	bounds []float64
	// whole says that the values of a sum are integers, falls that it is not monotonic.
	whole, falls bool
	// room is how many attributes its points usually have, with what the cost processor adds.
	room int
}

// contract is what is known of each metric.
var contract = [instruments]instrument{
	callsBegun:      {name: semconv.MetricCalls, unit: semconv.UnitCall, whole: true, room: 2},
	callsActive:     {name: semconv.MetricCallsActive, unit: semconv.UnitCall, whole: true, falls: true},
	callDuration:    {name: semconv.MetricCallDuration, unit: semconv.UnitSeconds, bounds: semconv.DurationBounds, room: 3},
	sessionDuration: {name: semconv.MetricSessionDuration, unit: semconv.UnitSeconds, falls: true, room: 2},
	ttfb:            {name: semconv.MetricTTFB, unit: semconv.UnitMilliseconds, bounds: semconv.LatencyBounds, room: 6},
	processing:      {name: semconv.MetricProcessing, unit: semconv.UnitMilliseconds, bounds: semconv.LatencyBounds, room: 6},
	turnLatency:     {name: semconv.MetricTurnLatency, unit: semconv.UnitMilliseconds, bounds: semconv.LatencyBounds, room: 2},
	turns:           {name: semconv.MetricTurns, unit: semconv.UnitTurn, whole: true, room: 2},
	interruptions:   {name: semconv.MetricInterruptions, unit: semconv.UnitInterruption, whole: true, room: 2},
	toolCalls:       {name: semconv.MetricToolCalls, unit: semconv.UnitCall, whole: true, room: 4},
	errorsReported:  {name: semconv.MetricErrors, unit: semconv.UnitError, whole: true, room: 4},

	llmTokens:        {name: semconv.MetricLLMTokens, unit: semconv.UnitToken, whole: true, room: 9},
	ttsCharacters:    {name: semconv.MetricTTSCharacters, unit: semconv.UnitCharacter, whole: true, room: 7},
	sttAudio:         {name: semconv.MetricSTTAudio, unit: semconv.UnitSeconds, room: 7},
	sttSession:       {name: semconv.MetricSTTSession, unit: semconv.UnitSeconds, room: 7},
	realtimeSession:  {name: semconv.MetricRealtimeSession, unit: semconv.UnitSeconds, room: 7},
	transportSeconds: {name: semconv.MetricTransportSeconds, unit: semconv.UnitSeconds, room: 6},
	platformSeconds:  {name: semconv.MetricPlatformSeconds, unit: semconv.UnitSeconds, room: 6},
	cost:             {name: semconv.MetricCost, unit: semconv.UnitUSD, room: 6},
}

// single is the bucket counts of a histogram of one observation, by the bucket that it is in.
func single(bounds []float64) [][]uint64 {
	counts := make([][]uint64, len(bounds)+1)
	for i := range counts {
		counts[i] = make([]uint64, len(bounds)+1)
		counts[i][i] = 1
	}
	return counts
}

// singles are the bucket counts for each histogram; nobody may change them.
var singles = func() (all [instruments][][]uint64) {
	for i := range contract {
		if contract[i].bounds != nil {
			all[i] = single(contract[i].bounds)
		}
	}
	return all
}()

// bucket is the index of the bucket that holds value: the first whose upper bound is not below it.
func bucket(bounds []float64, value float64) int {
	for i, bound := range bounds {
		if value <= bound {
			return i
		}
	}
	return len(bounds)
}
