package rollupprocessor

import (
	"slices"
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

// rules are the contract as configured. A metric that nobody knows keeps no call_id unless the configuration names it.
type rules map[string]instrument

func newRules(cfg CallIDConfig) rules {
	r := make(rules, len(contract)+len(cfg.Keep))
	for name, known := range contract {
		known.callID = known.callID && !slices.Contains(cfg.Drop, name)
		r[name] = known
	}
	for _, name := range cfg.Keep {
		known := r[name]
		known.callID = true
		r[name] = known
	}
	return r
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
