package costprocessor

import (
	"cmp"
	"math"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// meter is what the name of a usage metric says of its points.
type meter struct {
	kind  pricing.Kind // pricing.Unknown: tokens, whose kind their attributes say
	stage string       // unless the point says otherwise
}

var meters = map[string]meter{
	semconv.MetricLLMTokens:        {pricing.Unknown, semconv.StageLLM},
	semconv.MetricTTSCharacters:    {pricing.Characters, semconv.StageTTS},
	semconv.MetricSTTAudio:         {pricing.STTAudio, semconv.StageSTT},
	semconv.MetricSTTSession:       {pricing.STTSession, semconv.StageSTT},
	semconv.MetricRealtimeSession:  {pricing.RealtimeSession, semconv.StageRealtime},
	semconv.MetricTransportSeconds: {pricing.Transport, semconv.StageTransport},
	semconv.MetricPlatformSeconds:  {pricing.Platform, semconv.StagePlatform},
}

// Attributes of bots with the OpenTelemetry SDK that name the models of all stages on every point and the provider on none.
const (
	guideLLM = "llm_model"
	guideSTT = "stt_model"
	guideTTS = "tts_model"
)

// usage is one report of use: what its attributes say, its quantity and, when asked for, its price.
type usage struct {
	pricing.Usage
	costType string
	callID   string
	frameID  string
	tenant   string // the key of the attribute that says whose call it is
	labels   labels
	paired   bool // the same use is also reported in one of the kind's pairs
	priced   bool // its money is known already
	value    float64
	result   pricing.Result
	unclear  bool  // it is not told what of it is of another kind
	repeated doubt // of an answer that is given once more

	stream         string // what tells its answers from others, where that does not follow from the point alone
	version, basis string // what its point of cost says, if it is to say that

	tokenType, tokenKind         string
	guideLLM, guideSTT, guideTTS string
}

// labels are what a backend sees, where that is not what a price is found by: names beyond those that a label may have.
type labels struct{ provider, model string }

// read takes what attributes say of a usage of a metric.
func (u *usage) read(m meter, attributes pcommon.Map) {
	*u = usage{}
	for key, value := range attributes.All() {
		u.attribute(key, value)
	}
	u.Kind = m.kind
	if m.kind == pricing.Unknown {
		u.Kind = pricing.TokenKind(u.tokenType, u.tokenKind)
	}
	// Only the known words become cost_type: it is a label of every cost series.
	if !slices.Contains(pricing.Stages, u.costType) {
		u.costType = m.stage
	}
	if u.Model == "" {
		u.Model = u.guideModel()
	}
}

// readMoney takes what attributes say of money that a platform charges.
func (u *usage) readMoney(attributes pcommon.Map) {
	*u = usage{costType: text(attributes, semconv.AttrCostType)}
	if !slices.Contains(pricing.Stages, u.costType) {
		u.costType = semconv.StagePlatform
	}
}

func (u *usage) attribute(key string, value pcommon.Value) {
	switch key {
	case semconv.AttrProvider:
		u.labels.provider = value.Str()
		u.Provider = cmp.Or(u.Provider, u.labels.provider)
	case semconv.AttrModel:
		u.labels.model = value.Str()
		u.Model = cmp.Or(u.Model, u.labels.model)
	case semconv.AttrTokenType:
		u.tokenType = value.Str()
	case semconv.AttrTokenKind:
		u.tokenKind = value.Str()
	case semconv.AttrCallID:
		u.callID = value.Str()
	case guideLLM:
		u.guideLLM = value.Str()
	case guideSTT:
		u.guideSTT = value.Str()
	case guideTTS:
		u.guideTTS = value.Str()
	default:
		u.transit(key, value)
	}
}

func (u *usage) transit(key string, value pcommon.Value) {
	switch key {
	case semconv.TransitID:
		u.frameID = value.Str()
	case semconv.TransitStage:
		u.costType = value.Str()
	case semconv.TransitRequestTokens:
		u.RequestTokens = value.Int()
	case semconv.TransitProvider:
		u.Provider = value.Str()
	case semconv.TransitModel:
		u.Model = value.Str()
	case semconv.TransitServiceTier:
		u.ServiceTier = value.Str()
	case semconv.TransitRegion:
		u.Region = value.Str()
	case semconv.TransitChannels:
		u.Channels = value.Int()
	case semconv.TransitTenant:
		u.tenant = value.Str()
	case semconv.TransitPair:
		u.paired = value.Bool()
	case semconv.TransitPriced:
		u.priced = value.Bool()
	}
}

func (u *usage) guideModel() string {
	switch u.costType {
	case semconv.StageLLM, semconv.StageRealtime:
		return u.guideLLM
	case semconv.StageSTT:
		return u.guideSTT
	case semconv.StageTTS:
		return u.guideTTS
	}
	return ""
}

// count makes an integer the usage's quantity, measure a floating-point number. Unless that settles what becomes of the
// usage, its price may be asked for.
func (u *usage) count(n int64) outcome {
	quantity, ok := pricing.Count(n)
	u.Quantity, u.value = quantity, float64(n)
	switch {
	case !ok:
		return ignoredNegative
	case n == 0:
		return ignoredZero
	}
	return unsettled
}

func (u *usage) measure(f float64) outcome {
	quantity, ok := pricing.Measure(f)
	u.Quantity, u.value = quantity, f
	switch {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return ignoredNotFinite
	case !ok:
		return ignoredNegative
	case f == 0:
		return ignoredZero
	}
	return unsettled
}
