package rollupprocessor

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// characters is a cumulative counter of one bot: value since start, at time.
func characters(n int, start, time string, attributes ...string) in {
	return in{metric: semconv.MetricTTSCharacters, value: n, start: start, time: time, attributes: attributes}
}

// The processor of every story began at 0s.
func TestCumulativeSum(t *testing.T) {
	const zero, value = "bot voice.tts.characters.total{} counter 0 [999ms 999ms]", "bot voice.tts.characters.total{} counter "
	for name, tc := range map[string]struct {
		before, then []in
		want         []string
		received     string
	}{
		"is counted by its differences": {
			then:     []in{characters(10, "0s", "1s"), characters(15, "0s", "2s"), characters(40, "0s", "3s")},
			want:     []string{zero, value + "40 [999ms 10s]"},
			received: "added=3",
		},
		"that began before us has a baseline": {
			then:     []in{characters(10, "-1h", "1s"), characters(15, "-1h", "2s")},
			want:     []string{zero, value + "5 [999ms 10s]"},
			received: "added=1 skipped/baseline=1",
		},
		"without a start has a baseline": {
			then:     []in{characters(10, "", "1s"), characters(15, "", "2s")},
			want:     []string{zero, value + "5 [999ms 10s]"},
			received: "added=1 skipped/baseline=1",
		},
		"of a producer that was seen without it is news": {
			before:   []in{characters(10, "-1h", "-5s", "model", "a")},
			then:     []in{characters(10, "-1h", "1s", "model", "a"), characters(7, "-1h", "1s")},
			want:     []string{zero, value + "7 [999ms 10s]"},
			received: "added=2 skipped/baseline=1",
		},
		"of the same collection is no news": {
			before:   []in{characters(10, "-1h", "-0.5s", "model", "a")},
			then:     []in{characters(7, "-1h", "-0.2s")},
			received: "skipped/baseline=2",
		},
		"that falls began anew": {
			then:     []in{characters(10, "0s", "1s"), characters(3, "0s", "2s"), characters(5, "0s", "3s")},
			want:     []string{zero, value + "15 [999ms 10s]"},
			received: "added=3",
		},
		"with a new start is another process": {
			then:     []in{characters(10, "0s", "1s"), characters(30, "1.5s", "2s"), characters(35, "1.5s", "3s")},
			want:     []string{zero, value + "45 [999ms 10s]"},
			received: "added=3",
		},
		"of two processes that look alike are two": {
			then:     []in{characters(10, "0s", "1s"), characters(30, "0.5s", "1s"), characters(11, "0s", "2s"), characters(31, "0.5s", "2s")},
			want:     []string{zero, value + "42 [999ms 10s]"},
			received: "added=4",
		},
		"that is late or sent twice is ignored": {
			then:     []in{characters(10, "0s", "2s"), characters(10, "0s", "2s"), characters(5, "0s", "1s"), characters(12, "0s", "3s")},
			want:     []string{zero, value + "12 [999ms 10s]"},
			received: "added=2 skipped/late=2",
		},
		"of another resource or scope is another stream": {
			then: []in{
				characters(10, "0s", "1s"),
				{metric: semconv.MetricTTSCharacters, value: 10, start: "0s", time: "1s", resource: []string{"host.name", "b"}},
				{metric: semconv.MetricTTSCharacters, value: 10, start: "0s", time: "1s", scope: "other"},
			},
			want:     []string{zero, value + "30 [999ms 10s]"},
			received: "added=3",
		},
		"that is zero is a series all the same": {
			then:     []in{characters(0, "0s", "1s")},
			want:     []string{zero, value + "0 [999ms 10s]"},
			received: "added=1",
		},
		"that is negative is dropped": {
			then:     []in{characters(-1, "0s", "1s")},
			received: "dropped/negative=1",
		},
		"adds to the same series as a delta": {
			then:     []in{characters(10, "0s", "1s"), {metric: semconv.MetricTTSCharacters, value: 5}},
			want:     []string{zero, value + "15 [999ms 10s]"},
			received: "added=2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.take(tc.before...)
			s.at("1s").take(tc.then...)
			s.at("10s").flush(tc.want...)
			s.received(tc.received)
		})
	}
}

func TestResetsAreCounted(t *testing.T) {
	s := newStage(t)
	s.take(characters(10, "0s", "1s"), characters(3, "0s", "2s"), characters(5, "0s", "3s"), characters(1, "0s", "4s"))
	assert.Equal(t, []string{"=2"}, s.counts("otelcol_processor_rollup_resets"))
}

// The differences 0.1, 0.2 and 0.3 of a cumulative double do not drift.
func TestCumulativeDoublesDoNotDrift(t *testing.T) {
	s := newStage(t)
	seconds := func(v float64, time string) in {
		return in{metric: semconv.MetricSTTAudio, value: v, start: "0s", time: time}
	}
	s.at("1s").take(seconds(0.1, "1s"), seconds(0.3, "2s"), seconds(0.6, "3s"), seconds(1e9+0.1, "4s"))
	s.at("10s").flush(
		"bot voice.stt.audio.seconds.total{} counter 0.0 [999ms 999ms]",
		"bot voice.stt.audio.seconds.total{} counter 1.0000000001e+09 [999ms 10s]",
	)
}

// An SDK reports every call that ever was in each of its collections.
func TestStreamThatStandsStillKeepsNoCallAlive(t *testing.T) {
	s := newStage(t)
	at := func(time string, n int) in { return characters(n, "0s", time, "call_id", "c1") }
	s.at("1s").take(at("1s", 48))
	s.at("10s").skip()
	s.at("300s").take(at("300s", 48))
	s.at("310s").flush("bot voice.tts.characters.total{call_id=c1} counter ended [999ms 5m10s]")
	s.at("320s").take(at("320s", 48))
	s.at("330s").flush()
	s.at("340s").take(at("340s", 50))
	s.at("350s").flush("bot voice.tts.characters.total{call_id=c1} counter 50 [999ms 5m50s]")
}

func TestProducerThatComesBackAfterItWasForgotten(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(characters(10, "0s", "1s"))
	s.at("10s").skip()
	s.at("2h").skip()
	assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_input_streams"))
	s.take(characters(15, "0s", "2h"))
	s.at("121m").skip()
	s.received("added=1 skipped/baseline=1")
	s.take(characters(17, "0s", "121m"), characters(3, "30m", "121m"))
	s.received("added=3 skipped/baseline=1") // what started after its last word is new
}

// A fleet keeps bots warm, and an SDK may count since the instrument was made: long before the first call.
func TestFirstCallIsCountedWhoeverWasForgottenBefore(t *testing.T) {
	for name, tc := range map[string]struct{ start, host string }{
		"an older bot":                         {"20m", "a"},
		"a younger bot":                        {"40m", "a"},
		"a bot with the same resource as ours": {"40m", "b"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			bot := func(n int, start, time, host string) in {
				point := characters(n, start, time)
				point.resource = []string{"host.name", host}
				return point
			}
			s.at("50m").take(bot(10, tc.start, "50m", tc.host))
			s.at("110m1s").skip()
			assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_input_streams"))
			s.at("111m").take(bot(100, "30m", "111m", "b"), bot(13, tc.start, "111m", tc.host))
			s.at("112m").flush("bot voice.tts.characters.total{} counter 110 [49m59.999s 1h52m0s]")
			s.received("added=2 skipped/baseline=1")
		})
	}
}

func ttfb(start, time string, sum float64, counts ...uint64) in {
	return in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{100, 500, 2000}, counts: counts, sum: sum}, start: start, time: time}
}

func TestCumulativeHistogram(t *testing.T) {
	const zero = "bot voice.ttfb.milliseconds{} histogram count=0 sum=0.0 [999ms 999ms]"
	for name, tc := range map[string]struct {
		then     []in
		want     []string
		received string
	}{
		"is counted by its differences": {
			then:     []in{ttfb("0s", "1s", 412, 0, 1, 0, 0), ttfb("0s", "2s", 602, 0, 2, 0, 0), ttfb("0s", "3s", 3602, 0, 2, 0, 1)},
			want:     []string{zero, "bot voice.ttfb.milliseconds{} histogram count=3 sum=3602.0 le500:2 le+Inf:1 [999ms 10s]"},
			received: "added=3",
		},
		"that began before us has a baseline": {
			then:     []in{ttfb("-1h", "1s", 412, 0, 1, 0, 0), ttfb("-1h", "2s", 502, 1, 1, 0, 0)},
			want:     []string{zero, "bot voice.ttfb.milliseconds{} histogram count=1 sum=90.0 le100:1 [999ms 10s]"},
			received: "added=1 skipped/baseline=1",
		},
		"that falls in one bucket began anew": {
			then:     []in{ttfb("0s", "1s", 412, 0, 1, 0, 0), ttfb("0s", "2s", 60, 2, 0, 0, 0)},
			want:     []string{zero, "bot voice.ttfb.milliseconds{} histogram count=3 sum=472.0 le100:2 le500:1 [999ms 10s]"},
			received: "added=2",
		},
		"that is late or sent twice is ignored": {
			then:     []in{ttfb("0s", "2s", 412, 0, 1, 0, 0), ttfb("0s", "2s", 412, 0, 1, 0, 0), ttfb("0s", "1s", 0, 0, 0, 0, 0)},
			want:     []string{zero, "bot voice.ttfb.milliseconds{} histogram count=1 sum=412.0 le500:1 [999ms 10s]"},
			received: "added=1 skipped/late=2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t)
			s.at("1s").take(tc.then...)
			s.at("10s").flush(tc.want...)
			s.received(tc.received)
		})
	}
}

func TestExtremesOfACumulativeHistogram(t *testing.T) {
	point := func(start, time, model string, n uint64) in {
		return in{
			metric: semconv.MetricTTFB, start: start, time: time, attributes: []string{"model", model},
			value: dist{bounds: []float64{1000}, counts: []uint64{n, 0}, sum: 10 * float64(n), min: 5, max: 20},
		}
	}
	s := newStage(t)
	s.at("1s").take(point("0s", "1s", "whole", 2), point("0s", "2s", "whole", 3))
	s.take(point("-1h", "1s", "part", 2), point("-1h", "1.5s", "part", 3))
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{model=whole} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{model=whole} histogram count=3 sum=30.0 le1000:3 min=5 max=20 [999ms 10s]",
		"bot voice.ttfb.milliseconds{model=part} histogram count=0 sum=0.0 [999ms 999ms]",
		"bot voice.ttfb.milliseconds{model=part} histogram count=1 sum=10.0 le1000:1 [999ms 10s]",
	)
}

func active(n int, time string, resource ...string) in {
	return in{metric: semconv.MetricCallsActive, value: n, updown: true, time: time, resource: resource}
}

func TestObservedValuesAreAddedUpOverStreams(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(active(2, "1s", "host.name", "a"), active(3, "1s", "host.name", "b"))
	s.at("10s").flush("bot voice.calls.active{} updown 5 [999ms 10s]") // no zero: it never was
	s.at("11s").take(active(1, "11s", "host.name", "a"), active(3, "11s", "host.name", "b"), active(9, "10s", "host.name", "b"))
	s.at("20s").flush("bot voice.calls.active{} updown 4 [999ms 20s]")
	s.at("100s").take(active(1, "100s", "host.name", "a"))
	s.at("200s").flush("bot voice.calls.active{} updown 1 [999ms 3m20s]") // b has been silent for over 3 minutes
	s.at("290s").flush("bot voice.calls.active{} updown ended [999ms 4m50s]")
	s.at("300s").flush()
	assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_series"))
	s.received("added=5 skipped/late=1")
}

func TestObservedValueOfACall(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(session(3.1, "1s", "c1"))
	s.at("10s").flush("bot voice.session.duration.seconds{call_id=c1} updown 3.1 [999ms 10s]")
	s.at("15s").take(session(74.2, "15s", "c1"))
	s.at("20s").flush("bot voice.session.duration.seconds{call_id=c1} updown 74.2 [999ms 20s]")
	for _, now := range []string{"100s", "200s", "300s"} { // an SDK repeats it for ever
		s.at(now).take(session(74.2, now, "c1"))
		s.skip()
	}
	s.at("320s").flush("bot voice.session.duration.seconds{call_id=c1} updown ended [999ms 5m20s]")
	s.at("330s").take(session(74.2, "330s", "c1"))
	s.at("340s").flush()
	s.at("350s").take(session(80.0, "350s", "c1"))
	s.at("360s").flush("bot voice.session.duration.seconds{call_id=c1} updown 80.0 [999ms 6m0s]")
}

// session is the duration of a call as a bot reports it that is one process per call: cumulative, until it exits.
func session(v float64, time, call string) in {
	return in{metric: semconv.MetricSessionDuration, value: v, updown: true, time: time, attributes: []string{"call_id", call}}
}

func TestObservedValueOfACallOutlivesItsProcess(t *testing.T) {
	const series = "bot voice.session.duration.seconds{call_id=c1} updown "
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	s.at("1s").take(session(3.1, "1s", "c1"))
	s.at("10s").flush(series + "3.1 [999ms 10s]")
	s.at("15s").take(session(74.2, "15s", "c1")) // its last word
	s.at("20s").flush(series + "74.2 [999ms 20s]")
	s.at("80s").flush(series + "74.2 [999ms 1m20s]")
	s.at("200s").flush(series + "74.2 [999ms 3m20s]") // silent for over 3 minutes
	s.at("260s").flush(series + "74.2 [999ms 4m20s]")
	s.at("310s").flush()
	s.at("320s").flush(series + "ended [999ms 5m20s]") // not changed for 5 minutes
	s.at("330s").flush()
	s.at("340s").flush()
	for _, held := range []string{"series", "calls", "input_streams"} {
		assert.Equal(t, []string{"=0"}, s.counts("otelcol_processor_rollup_"+held), held)
	}
	s.at("341s").take(session(1.5, "341s", "c2"))
	s.at("350s").flush("bot voice.session.duration.seconds{call_id=c2} updown 1.5 [5m40.999s 5m50s]")
}

func TestObservedValueOfACallStaysWhileTheRestOfItGoesOn(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(session(74.2, "1s", "c1"), tokens(5, "c1"))
	s.at("10s").skip()
	s.at("290s").take(tokens(2, "c1"))
	s.at("300s").skip()
	s.at("580s").flush(
		"bot voice.session.duration.seconds{call_id=c1} updown 74.2 [999ms 9m40s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 9m40s]",
	)
	s.at("590s").flush(
		"bot voice.session.duration.seconds{call_id=c1} updown ended [999ms 9m50s]",
		"bot voice.llm.tokens.total{call_id=c1} counter ended [999ms 9m50s]",
	)
}

func TestObservedStreamOfACallThatWasSilentGoesOn(t *testing.T) {
	const series = "bot voice.session.duration.seconds{call_id=c1} updown "
	s := newStage(t)
	s.at("1s").take(session(74.2, "1s", "c1"))
	s.at("10s").skip()
	s.at("240s").flush(series + "74.2 [999ms 4m0s]")
	s.at("250s").take(session(300.5, "250s", "c1"))
	s.at("260s").flush(series + "300.5 [999ms 4m20s]")
	s.at("550s").flush(series + "ended [999ms 9m10s]")
}

// Without a call there is nothing that ends: the seconds of a process that is gone are no longer observed.
func TestObservedValueWithoutItsCallLeavesWithItsProcess(t *testing.T) {
	s := newStage(t, func(c *Config) { c.CallID.Drop = []string{semconv.MetricSessionDuration} })
	s.at("1s").take(session(74.2, "1s", "c1"), session(3.1, "1s", "c2"))
	s.at("10s").flush("bot voice.session.duration.seconds{} updown 77.3 [999ms 10s]")
	s.at("100s").take(session(93.1, "100s", "c2"))
	s.at("200s").flush("bot voice.session.duration.seconds{} updown 93.1 [999ms 3m20s]")
}

func TestNegativeNumbersAreRightWhereNothingIsMonotonic(t *testing.T) {
	s := newStage(t)
	s.at("1s").take(
		in{metric: "voice.level", value: 5, updown: true},
		in{metric: "voice.level", value: -7, updown: true},
	)
	s.at("10s").flush(
		"bot voice.level{} updown 0 [999ms 999ms]",
		"bot voice.level{} updown -2 [999ms 10s]",
	)
}

func TestCumulativeStreamsAreLimited(t *testing.T) {
	s := newStage(t, func(c *Config) { c.MaxSeries = 1 })
	s.at("1s").take(characters(10, "0s", "1s", "model", "a"), characters(10, "0s", "1s", "model", "b"), characters(12, "0s", "2s", "model", "a"))
	s.take(active(1, "1s", "host.name", "a"), active(1, "1s", "host.name", "b"), active(2, "2s", "host.name", "a"))
	s.at("10s").flush(
		"bot voice.tts.characters.total{model=a} counter 0 [999ms 999ms]",
		"bot voice.tts.characters.total{model=a} counter 12 [999ms 10s]",
		"bot voice.calls.active{otel.metric.overflow=true} updown 2 [999ms 10s]",
	)
	s.received("added/overflow=2 added=2 dropped/limit=2")
}
