package rollupprocessor

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// instrument is what is known of a metric before its first point. The unit is ours whatever a bot sends, because it
// becomes part of the name at the backend. Bounds are those of a histogram. callID is the default for keeping call_id:
// on what is used by a call and billed by nobody per series of it, never where exact totals matter more.
type instrument struct {
	unit   string
	bounds []float64
	callID bool
}

func (i instrument) isHistogram() bool { return i.bounds != nil }

var (
	latency      = instrument{unit: semconv.UnitMilliseconds, bounds: semconv.LatencyBounds}
	secondsOfUse = instrument{unit: semconv.UnitSeconds, callID: true}
)

// contract is every metric that our own components make.
var contract = map[string]instrument{
	semconv.MetricTTFB:             latency,
	semconv.MetricProcessing:       latency,
	semconv.MetricTurnLatency:      latency,
	semconv.MetricCallDuration:     {unit: semconv.UnitSeconds, bounds: semconv.DurationBounds},
	semconv.MetricLLMTokens:        {unit: semconv.UnitToken, callID: true},
	semconv.MetricTTSCharacters:    {unit: semconv.UnitCharacter, callID: true},
	semconv.MetricSessionDuration:  secondsOfUse,
	semconv.MetricSTTAudio:         secondsOfUse,
	semconv.MetricSTTSession:       secondsOfUse,
	semconv.MetricRealtimeSession:  secondsOfUse,
	semconv.MetricTransportSeconds: secondsOfUse,
	semconv.MetricPlatformSeconds:  secondsOfUse,
	semconv.MetricCost:             {unit: semconv.UnitUSD},
	semconv.MetricUnpricedUsage:    {unit: semconv.UnitAny},
	semconv.MetricCalls:            {unit: semconv.UnitCall},
	semconv.MetricCallsActive:      {unit: semconv.UnitCall},
	semconv.MetricTurns:            {unit: semconv.UnitTurn},
	semconv.MetricInterruptions:    {unit: semconv.UnitInterruption},
	semconv.MetricToolCalls:        {unit: semconv.UnitCall},
	semconv.MetricErrors:           {unit: semconv.UnitError},
}

// keeps says whether a metric keeps call_id that the configuration does not name. Of what nobody knows, usage is none.
func (d CallIDDefault) keeps(name string) bool {
	known := contract[name]
	switch d {
	case CallIDLabel:
		return !known.isHistogram()
	case CallIDOff:
		return false
	default:
		return known.callID
	}
}

// rules are the contract as configured.
type rules struct {
	known  map[string]instrument
	others instrument
}

func newRules(cfg CallIDConfig) rules {
	r := rules{
		known:  make(map[string]instrument, len(contract)+len(cfg.Keep)),
		others: instrument{callID: cfg.Default == CallIDLabel},
	}
	for name, known := range contract {
		known.callID = cfg.Default.keeps(name)
		r.known[name] = known
	}
	for _, name := range cfg.Keep {
		r.set(name, true)
	}
	for _, name := range cfg.Drop {
		r.set(name, false)
	}
	return r
}

func (r *rules) set(name string, callID bool) {
	known := r.of(name)
	known.callID = callID
	r.known[name] = known
}

// of is the rule for a metric.
func (r *rules) of(name string) instrument {
	if known, ok := r.known[name]; ok {
		return known
	}
	return r.others
}

// matcher knows names and beginnings of names.
type matcher struct {
	names    map[string]struct{}
	prefixes []string
}

func newMatcher(patterns []string) *matcher {
	m := &matcher{names: make(map[string]struct{})}
	for _, pattern := range patterns {
		if prefix, ok := strings.CutSuffix(pattern, "*"); ok {
			m.prefixes = append(m.prefixes, prefix)
		} else {
			m.names[pattern] = struct{}{}
		}
	}
	return m
}

func (m *matcher) matches(name string) bool {
	for _, prefix := range m.prefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	_, ok := m.names[name]
	return ok
}
