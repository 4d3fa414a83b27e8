// Package semconv is the contract of what leaves our components: metric names, units, attribute keys and
// the values that are enumerations. It holds names only; the rooms that write and read them (signal, cost,
// rollup) agree through it and through nothing else.
package semconv

// ScopeName is the instrumentation scope of every signal that we make.
const ScopeName = "github.com/otelcol-voice/otelcol-voice"

// Metric names. The first seven are promises of the user's guide.
const (
	MetricTTFB            = "voice.ttfb.milliseconds"
	MetricProcessing      = "voice.processing.milliseconds"
	MetricLLMTokens       = "voice.llm.tokens.total"
	MetricTTSCharacters   = "voice.tts.characters.total"
	MetricCost            = "voice.cost.usd"
	MetricSessionDuration = "voice.session.duration.seconds"
	MetricCalls           = "voice.calls.total"

	MetricSTTAudio         = "voice.stt.audio.seconds.total"
	MetricSTTSession       = "voice.stt.session.seconds.total"
	MetricRealtimeSession  = "voice.realtime.session.seconds.total"
	MetricTransportSeconds = "voice.transport.seconds.total"
	MetricPlatformSeconds  = "voice.platform.seconds.total"

	MetricCallsActive   = "voice.calls.active"
	MetricCallDuration  = "voice.call.duration.seconds"
	MetricTurnLatency   = "voice.turn.latency.milliseconds"
	MetricTurns         = "voice.turns.total"
	MetricInterruptions = "voice.interruptions.total"
	MetricToolCalls     = "voice.tool.calls.total"
	MetricErrors        = "voice.errors.total"

	MetricUnpricedUsage = "voice.cost.unpriced.usage.total"
)

// Units, in UCUM. A unit in braces is an annotation: Prometheus-type backends leave it out of the name,
// which is why the unit of money is "{USD}" and never "USD" (that becomes voice_cost_usd_USD_total).
const (
	UnitMilliseconds = "ms"
	UnitSeconds      = "s"
	UnitToken        = "{token}"
	UnitCharacter    = "{character}"
	UnitUSD          = "{USD}"
	UnitCall         = "{call}"
	UnitTurn         = "{turn}"
	UnitInterruption = "{interruption}"
	UnitError        = "{error}"
	UnitAny          = "{unit}"
)

// Attribute keys that a backend may see.
const (
	AttrCallID       = "call_id"
	AttrStage        = "stage"
	AttrProcessor    = "processor"
	AttrProvider     = "provider"
	AttrModel        = "model"
	AttrTokenType    = "token_type"
	AttrTokenKind    = "token_kind"
	AttrCostType     = "cost_type"
	AttrCostSource   = "cost_source"
	AttrUsageKind    = "usage_kind"
	AttrReason       = "reason"
	AttrEndReason    = "end_reason"
	AttrFunctionName = "function_name"
	AttrOutcome      = "outcome"
	AttrCategory     = "category"
	// Of a point of cost, if it is to say so: the price book's version, and whether the amount is what is billed or near it.
	AttrPriceVersion = "voice.cost.price_version"
	AttrCostBasis    = "voice.cost.basis"
)

// Values of voice.cost.basis.
const (
	BasisExact    = "exact"
	BasisEstimate = "estimate"
)

// MetadataPriced (bool), among the metadata of a metric of others, says that a cost processor has seen its points: backends make
// nothing of metadata.
const MetadataPriced = "voice.cost.priced"

// Transit attributes: written by signal, read by cost and rollup, seen by no backend. Rollup removes
// whatever starts with TransitPrefix from metrics; cost does so on logs and spans.
const (
	TransitPrefix = "voice.tx."

	// TransitID is the identity of the frame that the point comes from, unique within its call.
	TransitID = TransitPrefix + "id"
	// TransitStage is the stage that used the quantity; it becomes cost_type.
	TransitStage = TransitPrefix + "stage"
	// TransitRequestTokens (int) is the input tokens of the whole request, for context tiers.
	TransitRequestTokens = TransitPrefix + "request_tokens"
	// TransitServiceTier, TransitRegion and TransitChannels are conditions that some prices have.
	TransitServiceTier = TransitPrefix + "service_tier"
	TransitRegion      = TransitPrefix + "region"
	TransitChannels    = TransitPrefix + "channels"
	// TransitModel is the model where the metric does not have it: seconds of transport and platforms are by provider, but what
	// they cost may depend on the model (a carrier's inbound and outbound). It is also the real name where the label is "other",
	// as TransitProvider is: a price is found by what was used, however many names a label may have.
	TransitModel    = TransitPrefix + "model"
	TransitProvider = TransitPrefix + "provider"
	// TransitPriced (bool): a platform reported the money of this use; it is not priced again.
	TransitPriced = TransitPrefix + "priced"
	// TransitPair (bool): the same use is also reported in the quantity that this one's price may bill (STT audio seconds
	// and STT session seconds; TTS characters and TTS tokens), so it is covered when its own quantity has no price.
	TransitPair = TransitPrefix + "pair"
	// TransitStream tells apart what is derived from points without a TransitID: the prompt and completion tokens of a bot
	// that sends OTLP become two cost points that are otherwise alike, and cumulative ones must stay two streams.
	TransitStream = TransitPrefix + "stream"
	// TransitTenant is the key of the attribute that says whose call it is, on usage of a call that is somebody's: the
	// answer of the cost processor says so too.
	TransitTenant = TransitPrefix + "tenant"
	// TransitUsage (slice of maps) lists what was used, on a call summary or a span: a map for each report of a quantity. It has
	// the attributes of the report's points, but not call_id, and beside them name (a metric name), time (int, unix nanoseconds)
	// and how much: value (double), or tokens, which its points have apart by token_type and token_kind.
	TransitUsage = TransitPrefix + "usage"
	// TransitWhole (bool) marks the span whose TransitUsage is that of the whole call: spans below it have parts of it.
	TransitWhole = TransitPrefix + "whole"
)

// Keys of one report of TransitUsage.
const (
	UsageName  = "name"
	UsageValue = "value"
	UsageTime  = "time"
	// UsageTokens (map) is whole numbers by token_type and token_kind, as "prompt.cache_read"; without a token_kind, as "total".
	UsageTokens = "tokens"
)

// Values of token_type.
const (
	TokenPrompt     = "prompt"
	TokenCompletion = "completion"
	// TokenTotal marks tokens that the vendor does not split: reported, never priced.
	TokenTotal = "total"
)

// Values of token_kind: disjoint leaves of a token_type. An absent token_kind means text.
const (
	KindText           = "text"
	KindCacheRead      = "cache_read"
	KindCacheWrite     = "cache_write"
	KindCacheWrite1h   = "cache_write_1h"
	KindAudio          = "audio"
	KindAudioCacheRead = "audio_cache_read"
	KindImage          = "image"
	KindImageCacheRead = "image_cache_read"
	KindVideo          = "video"
	KindReasoning      = "reasoning"
)

// Values of stage, and so of cost_type.
const (
	StageSTT       = "stt"
	StageLLM       = "llm"
	StageTTS       = "tts"
	StageRealtime  = "realtime"
	StageTransport = "transport"
	StagePlatform  = "platform"
)

// EndReasons are the values of end_reason on a metric, and EndReasonOther is all the rest: ours and Pipecat's, LiveKit's, and the
// usual ones of Retell, Ultravox and Vapi.
var EndReasons = []string{
	"end", "hangup", "cancel", EndReasonError, "idle_timeout",
	"participant_disconnected", "user_initiated", "task_completed", "job_shutdown",
	"user_hangup", "agent_hangup", "call_transfer", "inactivity", "max_duration_reached", "timeout", "connection_error",
	"customer-ended-call", "assistant-ended-call", "silence-timed-out", "exceeded-max-duration",
}

// EndReasonOther is an end_reason that is not among EndReasons; EndReasonError makes the call's span an error.
const (
	EndReasonOther = "other"
	EndReasonError = "error"
)

// ValueOther stands for the values of an attribute beyond the number that it may have.
const ValueOther = "other"

// Outcomes of a function call that make its span an error.
const (
	OutcomeFailed   = "failed"
	OutcomeTimedOut = "timed_out"
)

// Values of cost_source: our price book, or money that a platform reported.
const (
	CostComputed = "computed"
	CostProvider = "provider"
)

// Call summary: the event name of the log record and its attributes (voice.* unless shared with metrics).
const (
	EventCallSummary = "voice.call.summary"

	SummaryService         = "service"
	SummaryStart           = "start" // RFC 3339
	SummaryDuration        = "duration_seconds"
	SummaryTurns           = "turns"
	SummaryInterruptions   = "interruptions"
	SummaryTurnLatencyP50  = "turn_latency_p50_ms"
	SummaryTurnLatencyP95  = "turn_latency_p95_ms"
	SummaryTTFBP50         = "ttfb_p50_ms"
	SummaryTTFBP95         = "ttfb_p95_ms"
	SummaryTokens          = "tokens"     // map: token_type.token_kind -> int
	SummaryCharacters      = "characters" // int
	SummarySTTAudio        = "stt_audio_seconds"
	SummarySTTSession      = "stt_session_seconds"
	SummaryRealtimeSession = "realtime_session_seconds" // only if any
	SummaryTransport       = "transport_seconds"        // only if any
	SummaryPlatform        = "platform_seconds"         // only if any
	SummaryModels          = "models"                   // slice of provider/model
	SummaryStartup         = "startup"                  // map: what was ready -> ms, only if any
	SummaryUsageMissing    = "usage_missing"            // bool, only if true: latencies, but no usage
	SummaryCostPending     = "cost_pending"             // bool, only if true: a platform had still to tell what it charges
	SummaryCost            = "cost_usd"                 // double, all stages
	SummaryCostByType      = "cost_usd_by_type"         // map: cost_type -> double
	SummaryCostBySource    = "cost_usd_by_source"       // map: cost_source -> double, only if a platform reported any
	SummaryCostComplete    = "cost_complete"            // bool: nothing of the call was unpriced
	SummaryUnpriced        = "unpriced"                 // list of "provider/model usage_kind: reason", only if anything was
	SummaryPriceVersion    = "price_version"
)

// Names of spans: a call, its turns, and what was done in them. Operations are called like their stage.
const (
	SpanCall = "call"
	SpanTurn = "turn"
	SpanTool = "tool"
)

// Attributes of spans that are ours, because no convention has them. Spans also have call_id, processor and outcome as
// points do, and the root end_reason, turns, interruptions, usage_missing and cost_complete as the summary does.
const (
	SpanTTFB        = "voice.ttfb_ms"             // double: to the first byte, token or word
	SpanProcessing  = "voice.processing_ms"       // double
	SpanInterrupted = "voice.interrupted"         // bool: the user cut it off; of an operation only if true
	SpanTurnNumber  = "voice.turn.number"         // int, from 1
	SpanTurnLatency = "voice.turn.latency_ms"     // double: the user's last word to the bot's first
	SpanCharacters  = "voice.characters"          // int: sent to speech synthesis
	SpanSTTAudio    = "voice.stt_audio_seconds"   // double
	SpanSTTSession  = "voice.stt_session_seconds" // double
	SpanRealtime    = "voice.realtime_session_seconds"
	SpanTransport   = "voice.transport_seconds"
	SpanPlatform    = "voice.platform_seconds"
	SpanCost        = "voice.cost.usd"      // double, of an operation, beside GenAICostAmount
	SpanCallCost    = "voice.call.cost.usd" // double, of the root: all that the call cost
)

// Events of spans: times that add up to something but whose own beginnings nobody tells. All stand at the span's start.
const (
	EventAnswerPart  = "voice.answer.part"  // of a turn: a part of its latency
	EventStartupStep = "voice.startup.step" // of the root: something that had to be ready

	EventStepName = "voice.step.name"
	EventStepMS   = "voice.step.ms" // double
)

// Attributes of spans that the OpenTelemetry conventions for generative AI have.
const (
	GenAIOperation        = "gen_ai.operation.name"
	GenAIProvider         = "gen_ai.provider.name"
	GenAIModel            = "gen_ai.request.model"
	GenAIConversation     = "gen_ai.conversation.id" // the call_id
	GenAITool             = "gen_ai.tool.name"
	GenAITimeToFirstChunk = "gen_ai.response.time_to_first_chunk" // double, seconds

	// Tokens. Input is gross: cached tokens are among it, as reasoning is among the output.
	GenAIInputTokens     = "gen_ai.usage.input_tokens"
	GenAIOutputTokens    = "gen_ai.usage.output_tokens"
	GenAICacheRead       = "gen_ai.usage.cache_read.input_tokens"
	GenAICacheCreation   = "gen_ai.usage.cache_creation.input_tokens"
	GenAIReasoningTokens = "gen_ai.usage.reasoning.output_tokens"
	// Sound has no settled name; these are LiveKit's, Langfuse's and those of the open proposal for voice agents.
	GenAIInputAudioTokens  = "gen_ai.usage.input_audio_tokens"
	GenAIOutputAudioTokens = "gen_ai.usage.output_audio_tokens"
	// GenAITotalTokens, which is no convention but widespread, is tokens that the vendor does not split, and only those.
	GenAITotalTokens = "gen_ai.usage.total_tokens"

	// Cost, as the open proposal of the conventions has it: on what was done, never on what contains it.
	GenAICostAmount   = "gen_ai.usage.cost.amount" // double
	GenAICostCurrency = "gen_ai.usage.cost.currency"
	GenAICostSource   = "gen_ai.usage.cost.source"
)

// Values of GenAICostSource and GenAICostCurrency.
const (
	GenAICostLocal    = "local" // our price book, all or in part
	GenAICostProvider = "provider"
	CurrencyUSD       = "USD"
)

// Values of GenAIOperation. The conventions have the first three; the other two are of the open proposal for voice agents.
const (
	OperationChat         = "chat"
	OperationContent      = "generate_content" // a realtime model: sound in, sound out
	OperationTool         = "execute_tool"
	OperationSpeechToText = "speech_to_text"
	OperationTextToSpeech = "text_to_speech"
)

// ErrorType is the OpenTelemetry attribute that says how a span failed.
const ErrorType = "error.type"

// LatencyBounds are the explicit bounds of every histogram in milliseconds. 2000 is among them because the
// guide's alert asks for it.
var LatencyBounds = []float64{
	50, 100, 200, 300, 400, 500, 650, 800, 1000, 1250, 1500, 2000, 2500, 3000, 4000, 5000, 7500, 10000,
}

// DurationBounds are the explicit bounds of histograms of call durations, in seconds.
var DurationBounds = []float64{5, 10, 15, 30, 45, 60, 90, 120, 180, 240, 300, 450, 600, 900, 1200, 1800, 2700, 3600}
