package e2e

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

// use is one quantity of a report: a point of a metric, and what it costs.
type use struct {
	metric  string
	value   float64
	labels  []string // names and values
	stage   string   // that used it, if it is priced
	dollars float64
}

// report is what a bot says at one moment of a call; our receiver makes one request of it.
type report struct {
	at    time.Duration // since the simulation began
	call  string
	frame string
	uses  []use
}

// listed is a model that calls use, with its list price in USD for one unit, by kind.
type listed struct {
	stage, provider, name string
	prices                map[string]float64
}

func languageModel(provider, name string, prompt, cached, completion float64) listed {
	const million = 1e6
	return listed{"llm", provider, name, map[string]float64{
		"prompt text": prompt / million, "prompt cache_read": cached / million, "completion text": completion / million,
	}}
}

// late is used in the second hour only.
var late = languageModel("google", "gemini-2.5-flash", 0.3, 0.03, 2.5)

// The ten models of the simulation, at list prices as of November 2025 and unchanged since.
var (
	languageModels = []listed{
		languageModel("openai", "gpt-4o", 2.5, 1.25, 10),
		languageModel("openai", "gpt-4o-mini", 0.15, 0.075, 0.6),
		languageModel("openai", "gpt-5-mini", 0.25, 0.025, 2),
		languageModel("anthropic", "claude-haiku-4-5", 1, 0.1, 5),
	}
	voices = []listed{
		{"tts", "cartesia", "sonic-3.5", map[string]float64{"": 50 / 1e6}},
		{"tts", "elevenlabs", "eleven_flash_v2_5", map[string]float64{"": 0.05 / 1e3}},
		{"tts", "openai", "tts-1", map[string]float64{"": 15 / 1e6}},
	}
	ears = []listed{
		{"stt", "deepgram", "nova-3", map[string]float64{"": 0.0048 / 60}},
		{"stt", "deepgram", "flux-general-en", map[string]float64{"": 0.0065 / 60}},
	}
)

const (
	simulatedCalls = 1000
	simulatedTime  = 2 * time.Hour
	shortest       = 3 * time.Second
	longest        = 20 * time.Minute
	pause          = 6 * time.Minute
)

// script is the reports of all calls in the order of their time.
func script() []report {
	var all []report
	for i := range simulatedCalls {
		c := &scriptedCall{chance: rand.New(rand.NewPCG(5, uint64(i))), number: i}
		all = append(all, c.play()...)
	}
	slices.SortStableFunc(all, func(a, b report) int { return int(a.at - b.at) })
	return all
}

// scriptedCall writes the reports of one call.
type scriptedCall struct {
	chance           *rand.Rand
	number           int
	begin, at        time.Duration
	llm, voice, ears listed
	reports          []report
}

func (c *scriptedCall) play() []report {
	length := c.length()
	if c.number > 0 { // the first call begins with the simulation
		c.begin = time.Duration(c.chance.Int64N(int64(simulatedTime - length)))
	}
	c.at = c.begin
	c.choose()
	c.report(use{metric: "voice.calls.total", value: 1})
	for turn := 0; ; turn++ {
		step := time.Duration(c.chance.Int64N(int64(20 * time.Second)))
		if turn == 3 && c.pauses() {
			step = pause
		}
		if c.at+step >= c.begin+length {
			break
		}
		c.pass(step)
		c.turn()
	}
	c.pass(c.begin + length - c.at)
	return c.reports
}

// length is 3 s to 20 min: every tenth call is shorter than an interval, and every hundredth as long as can be.
func (c *scriptedCall) length() time.Duration {
	most := 3 * time.Minute
	switch {
	case c.number%100 == 7:
		return longest
	case c.pauses():
		return pause + 3*time.Minute
	case c.number%10 == 3:
		most = 9 * time.Second
	}
	return shortest + time.Duration(c.chance.Int64N(int64(most-shortest)))
}

func (c *scriptedCall) pauses() bool { return c.number%50 == 11 }

func (c *scriptedCall) choose() {
	c.llm = pick(c, languageModels)
	if c.begin > simulatedTime/2 && c.chance.IntN(4) == 0 {
		c.llm = late
	}
	c.voice, c.ears = pick(c, voices), pick(c, ears)
}

func pick[T any](c *scriptedCall, from []T) T { return from[c.chance.IntN(len(from))] }

// pass lets time pass, in whole milliseconds, and says that the call goes on.
func (c *scriptedCall) pass(step time.Duration) {
	step = step.Truncate(time.Millisecond)
	c.at += step
	c.report(use{metric: "voice.session.duration.seconds", value: step.Seconds()})
}

// turn is one question and its answer.
func (c *scriptedCall) turn() {
	count := func() float64 { return float64(1 + c.chance.IntN(1000)) }
	source := []string{"provider", c.llm.provider, "model", c.llm.name}
	c.report(use{metric: "voice.ttfb.milliseconds", value: count(), labels: append([]string{"stage", "llm"}, source...)})
	c.report(
		tokensOf(c.llm, "prompt", "text", count()),
		tokensOf(c.llm, "prompt", "cache_read", count()),
		tokensOf(c.llm, "completion", "text", count()),
	)
	c.report(c.voice.used("voice.tts.characters.total", count()))
	c.report(c.ears.used("voice.stt.audio.seconds.total", count()/64))
}

func (m listed) used(metric string, value float64) use {
	return use{metric, value, []string{"provider", m.provider, "model", m.name}, m.stage, value * m.prices[""]}
}

func tokensOf(m listed, tokenType, kind string, value float64) use {
	labels := []string{"provider", m.provider, "model", m.name, "token_type", tokenType, "token_kind", kind}
	return use{"voice.llm.tokens.total", value, labels, m.stage, value * m.prices[tokenType+" "+kind]}
}

func (c *scriptedCall) report(uses ...use) {
	call := fmt.Sprintf("call-%04d", c.number)
	frame := fmt.Sprint(len(c.reports))
	c.reports = append(c.reports, report{c.at, call, frame, uses})
}

// producer is who reports: its resource and scope.
type producer struct {
	resource []string // names and values
	scope    string
}

// metrics is the request that our receiver makes of a report.
func (r report) metrics(by producer, began time.Time) pmetric.Metrics {
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	put(rm.Resource().Attributes(), by.resource)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName(by.scope)
	at := pcommon.NewTimestampFromTime(began.Add(r.at))
	for _, u := range r.uses {
		attributes := u.write(sm.Metrics().AppendEmpty(), at)
		put(attributes, u.labels)
		put(attributes, []string{"call_id", r.call, "voice.tx.id", r.frame})
		if u.stage != "" {
			attributes.PutStr("voice.tx.stage", u.stage)
		}
	}
	return md
}

func put(m pcommon.Map, namesAndValues []string) {
	for i := 0; i < len(namesAndValues); i += 2 {
		m.PutStr(namesAndValues[i], namesAndValues[i+1])
	}
}

var unitsOf = map[string]string{
	"voice.calls.total":              "{call}",
	"voice.session.duration.seconds": "s",
	"voice.ttfb.milliseconds":        "ms",
	"voice.llm.tokens.total":         "{token}",
	"voice.tts.characters.total":     "{character}",
	"voice.stt.audio.seconds.total":  "s",
}

// write makes m the delta and returns the attributes of its point.
func (u use) write(m pmetric.Metric, at pcommon.Timestamp) pcommon.Map {
	m.SetName(u.metric)
	m.SetUnit(unitsOf[u.metric])
	if u.metric == "voice.ttfb.milliseconds" {
		histogram := m.SetEmptyHistogram()
		histogram.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		p := histogram.DataPoints().AppendEmpty()
		p.SetTimestamp(at)
		p.ExplicitBounds().FromRaw([]float64{500})
		p.BucketCounts().FromRaw([]uint64{0, 1})
		p.SetCount(1)
		p.SetSum(u.value)
		return p.Attributes()
	}
	sum := m.SetEmptySum()
	sum.SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	sum.SetIsMonotonic(u.metric != "voice.session.duration.seconds")
	p := sum.DataPoints().AppendEmpty()
	p.SetTimestamp(at)
	if u.value == float64(int64(u.value)) && u.metric != "voice.stt.audio.seconds.total" {
		p.SetIntValue(int64(u.value))
	} else {
		p.SetDoubleValue(u.value)
	}
	return p.Attributes()
}
