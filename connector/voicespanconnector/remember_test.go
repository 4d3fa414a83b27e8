package voicespanconnector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/keep/keeptest"
)

var storageID = component.MustNewID("file_storage")

// extended is a host with an extension.
func extended(extension component.Component) *keeptest.Host {
	return &keeptest.Host{Extensions: map[component.ID]component.Component{storageID: extension}}
}

// life is a bench that keeps its calls on a disk.
type life struct {
	*bench
	disk   *keeptest.Disk
	host   *keeptest.Host
	change func(*Config)
}

// begin begins a life at a moment with what is on the disk.
func begin(t *testing.T, disk *keeptest.Disk, at time.Duration, change func(*Config)) *life {
	l := &life{disk: disk, host: extended(disk), change: change}
	l.bench = newBench(t, func(c *Config) {
		c.Storage = &storageID
		if change != nil {
			change(c)
		}
	})
	l.fake.Advance(at)
	l.hosts.Add(l.host)
	require.NoError(t, l.remember(context.Background(), l.host))
	return l
}

// born is a first life.
func born(t *testing.T, change func(*Config)) *life { return begin(t, keeptest.NewDisk(), 0, change) }

// crash is the next life, after some time, without an end to this one.
func (l *life) crash(t *testing.T, away time.Duration) *life {
	return begin(t, l.disk.Copy(), l.fake.Since(now)+away, l.change)
}

// restart is the next life after an end to this one.
func (l *life) restart(t *testing.T, away time.Duration) *life {
	require.NoError(t, l.Shutdown(context.Background()))
	return l.crash(t, away)
}

// summaries are the summaries, without the names of their calls.
func (b *bench) summaries() (all []map[string]any) {
	for _, logs := range b.logs.AllLogs() {
		for _, rl := range logs.ResourceLogs().All() {
			for _, record := range rl.ScopeLogs().At(0).LogRecords().All() {
				summary := record.Attributes().AsRaw()
				delete(summary, "call_id")
				all = append(all, summary)
			}
		}
	}
	return all
}

// sum is what several lives come to.
func sum(lives ...*life) map[string]float64 {
	sums := map[string]float64{}
	for _, l := range lives {
		for name, value := range l.totals() {
			sums[name] += value
		}
	}
	return sums
}

// What a call comes to is the same wherever a restart or a crash cuts it, and nothing is told twice.
func TestCallsGoOnAfterARestart(t *testing.T) {
	for kind, test := range map[string]struct {
		call  []span
		want  map[string]float64
		named int // by which span
	}{
		"pipecat": {pipecatCall(1, "c1"), pipecatTotals, 4},
		"livekit": {liveKitCall(1, "c1"), liveKitTotals, 13},
	} {
		whole := newBench(t, nil)
		whole.send(test.call...)
		whole.pass(5 * time.Second)
		want := whole.summaries()
		for end, next := range map[string]func(*life, *testing.T, time.Duration) *life{"stop": (*life).restart, "crash": (*life).crash} {
			t.Run(kind+" "+end, func(t *testing.T) {
				for cut := range len(test.call) + 1 {
					first := born(t, nil)
					first.send(test.call[:cut]...)
					if first.joiner.Held() > 0 && end == "crash" {
						first.pass(first.config.JoinWindow) // else it would lose what waits
					}
					second := next(first, t, time.Minute)
					assert.Equal(t, min(first.openCalls(), 1), second.openCalls(), "cut after %d", cut)
					second.send(test.call[:cut]...)
					second.send(test.call[cut:]...)
					second.pass(second.config.EndDelay)
					second.send(test.call...)

					assert.InDeltaMapValues(t, test.want, sum(first, second), 1e-9, "cut after %d", cut)
					assert.Equal(t, want, append(first.summaries(), second.summaries()...), "cut after %d", cut)
					calls := first.calls()
					maps.Copy(calls, second.calls())
					require.Len(t, calls, 1)
					if cut >= test.named {
						assert.Contains(t, calls, "c1")
					}
				}
			})
		}
	}
}

// In whatever order, requests and repetitions spans come, whatever is refused, and wherever a restart or a crash is, the sums are the
// same.
func TestOrderOfSpansAndRestarts(t *testing.T) {
	want := map[string]float64{}
	for _, totals := range []map[string]float64{pipecatTotals, pipecatTotals, liveKitTotals} {
		for name, value := range totals {
			want[name] += value
		}
	}
	for seed := range uint64(60) {
		random := rand.New(rand.NewPCG(seed, 0))
		lives := []*life{born(t, func(c *Config) { c.EndDelay = 4 * time.Minute })}
		this := lives[0]
		spans := slices.Concat(pipecatCall(1, "c1"), pipecatCall(2, "c2"), liveKitCall(3, "AJ_3"))
		for range 10 {
			spans = append(spans, spans[random.IntN(len(spans))])
		}
		random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		for len(spans) > 0 {
			some := spans[:1+random.IntN(min(10, len(spans)))]
			spans = spans[len(some):]
			if random.IntN(4) == 0 {
				this.refuse()
				_ = this.try(some...)
				this.accept()
			}
			this.send(some...)
			this.pass(time.Duration(random.IntN(3)) * time.Second)
			switch random.IntN(4) {
			case 0:
				this = this.restart(t, time.Second)
			case 1:
				if this.joiner.Held() > 0 {
					continue // they would be lost
				}
				this = this.crash(t, time.Second)
			default:
				continue
			}
			lives = append(lives, this)
		}
		this.pass(this.config.EndDelay)
		this.hush()
		summaries := 0
		for _, one := range lives {
			summaries += one.logs.LogRecordCount()
		}
		require.InDeltaMapValues(t, want, sum(lives...), 1e-6, "seed %d", seed)
		assert.Equal(t, 3, summaries, "seed %d", seed)
	}
}

// twoHours is a call of two hours and three turns: its begin is told by its end.
func twoHours() []span {
	spans := []span{}
	for turn := range 3 {
		began := float64(turn) * 2400
		spans = append(spans,
			span{scope: "pipecat", name: "stt", trace: 1, id: 10 + turn, parent: 1 + turn, start: began, end: began + 10, attributes: attrs{
				"gen_ai.provider.name": "deepgram", "gen_ai.request.model": "nova-3", "gen_ai.operation.name": "stt", "metrics.ttfb": 0.2,
			}},
			span{scope: "pipecat.turn", name: "turn", trace: 1, id: 1 + turn, parent: 9, start: began, end: began + 2390, attributes: attrs{
				"turn.number": turn + 1, "conversation.id": "c1", "turn.was_interrupted": false,
			}})
	}
	return append(spans, span{scope: "pipecat.turn", name: "conversation", trace: 1, id: 9, end: 7199, attributes: attrs{
		"conversation.id": "c1", "conversation.type": "voice",
	}})
}

// The time before a restart counts once, though the end tells when the call began.
func TestALongCallThatGoesOnAfterARestart(t *testing.T) {
	for end, next := range map[string]func(*life, *testing.T, time.Duration) *life{"stop": (*life).restart, "crash": (*life).crash} {
		t.Run(end, func(t *testing.T) {
			lives := []*life{born(t, func(c *Config) { c.IdleTimeout = time.Hour })}
			for i, one := range twoHours() {
				this := lives[len(lives)-1]
				this.fake.Advance(max(0, now.Add(time.Duration(one.end)*time.Second).Sub(this.fake.Now())))
				this.send(one)
				if i%2 == 1 {
					lives = append(lives, next(this, t, time.Second))
				}
			}
			last := lives[len(lives)-1]
			last.pass(last.config.EndDelay)
			got := sum(lives...)
			for name, want := range map[string]float64{
				"voice.calls.total": 1, "voice.turns.total": 3, "voice.stt.session.seconds.total": 7199, "voice.session.duration.seconds": 7199,
				"voice.call.duration.seconds": 7199, "voice.ttfb.milliseconds": 600,
			} {
				assert.InDelta(t, want, got[name], 1e-9, name)
			}
			require.Len(t, last.summaries(), 1)
			assert.Equal(t, int64(3), last.summaries()[0]["turns"])
			assert.InDelta(t, 7199, last.summaries()[0]["duration_seconds"], 1e-9)
			last.counts("otelcol_connector_voice_span_calls", map[string]int64{"outcome=complete": 1})
			if end == "stop" {
				last.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=pipecat outcome=accepted": 1})
			}
		})
	}
}

// An end that was told comes after the restart, and is none by silence, however long that took; what is late is waited for once more.
func TestAnEndThatWasToldBeforeARestart(t *testing.T) {
	spans := liveKitCall(1, "c1")
	last := len(spans) - 1
	for name, test := range map[string]struct {
		away   time.Duration
		before int // spans that come before the restart
	}{"a moment": {time.Second, 11}, "longer than calls may be silent": {time.Hour, last}} {
		t.Run(name, func(t *testing.T) {
			first := born(t, func(c *Config) { c.ObserveInterval = time.Second })
			first.send(spans[last])
			first.send(spans[:test.before]...)
			second := first.crash(t, test.away)
			require.Equal(t, 1, second.openCalls())
			second.send(spans[test.before:last]...)
			second.tick(context.Background(), second.fake.Now())
			second.observe(context.Background(), second.fake.Now())
			second.pass(second.config.EndDelay)
			second.observe(context.Background(), second.fake.Now())
			require.Len(t, second.summaries(), 1)
			assert.Equal(t, "participant_disconnected", second.summaries()[0]["end_reason"])
			second.counts("otelcol_connector_voice_span_calls", map[string]int64{"outcome=complete": 1})
			assert.InDeltaMapValues(t, liveKitTotals, sum(first, second), 1e-9)

			third := second.crash(t, time.Second)
			assert.Zero(t, third.openCalls())
			assert.Empty(t, third.endings.list)
		})
	}
}

// A call that has ended, by an end or by silence, ends once.
func TestACallThatHasEndedBeforeARestart(t *testing.T) {
	for name, end := range map[string]func(*life){
		"told":      func(l *life) { l.pass(l.config.EndDelay) },
		"by itself": func(l *life) { l.hush() },
	} {
		t.Run(name, func(t *testing.T) {
			first := born(t, nil)
			spans := pipecatCall(1, "c1")
			if name == "told" {
				first.send(spans...)
			} else {
				first.send(spans[:8]...)
			}
			end(first)
			require.Equal(t, 1, first.logs.LogRecordCount())
			second := first.crash(t, time.Second)
			assert.Empty(t, second.courses.calls)
			assert.Empty(t, second.endings.list)
			second.send(spans[:8]...)
			second.pass(second.config.EndDelay)
			second.fake.Advance(second.config.IdleTimeout)
			second.observe(context.Background(), second.fake.Now())
			assert.Zero(t, second.logs.LogRecordCount())
			assert.Empty(t, second.totals())
			second.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=pipecat outcome=duplicate": 8})
			second.fake.Advance(time.Hour)
			second.observe(context.Background(), second.fake.Now())
			assert.Equal(t, 1, second.disk.Keys(), "nothing but the head stays")
		})
	}
}

// A name that comes back is another call, on the disk as well, also before the first was forgotten there.
func TestANameThatComesBackAfterARestart(t *testing.T) {
	first := born(t, nil)
	first.send(pipecatCall(1, "c1")...)
	first.pass(first.config.EndDelay)
	gone := first.door.Calls.Forget(now.Add(time.Hour))
	first.send(pipecatCall(2, "c1")[:4]...)
	first.keeper.Forget(context.Background(), gone)
	second := first.crash(t, time.Second)
	assert.Equal(t, 1, second.openCalls())
	second.send(pipecatCall(2, "c1")[4:]...)
	second.pass(second.config.EndDelay)
	assert.Equal(t, int64(2), second.summaries()[0]["turns"])
	assert.InDelta(t, 2, sum(first, second)["voice.calls.total"], 0)
}

// What a trace belongs to is known after a restart, by what rank as well.
func TestTracesAfterARestart(t *testing.T) {
	for name, test := range map[string]struct {
		before, after span
		want          map[string]string
	}{
		"a nameless one": {
			client(1, 1, 9, 1, attrs{"conversation.id": "c1"}), client(1, 2, 9, 2, nil), map[string]string{"c1": "voice-rag-bot"},
		},
		"the trace id stays": {
			client(1, 1, 9, 1, nil), client(1, 2, 9, 2, attrs{"conversation.id": "c1"}), map[string]string{traceID(1).String(): "voice-rag-bot"},
		},
		"another conversation": {
			client(1, 1, 9, 1, attrs{"conversation.id": "c1"}), client(1, 2, 9, 2, attrs{"conversation.id": "c2"}),
			map[string]string{"c1": "voice-rag-bot", "c2": "voice-rag-bot"},
		},
		"a session in a conversation": {
			client(1, 1, 9, 1, attrs{"conversation.id": "c1"}), client(1, 2, 9, 2, attrs{"session.id": "s1"}), map[string]string{"c1": "voice-rag-bot"},
		},
		"the bot's, whoever else is in its trace": {
			client(1, 1, 9, 1, attrs{"conversation.id": "c1"}), func() span { s := client(1, 2, 9, 2, nil); s.service = "gateway"; return s }(),
			map[string]string{"c1": "voice-rag-bot"},
		},
		"another bot's own, by a better name": {
			client(1, 1, 9, 1, attrs{"session.id": "s1"}),
			func() span { s := client(1, 2, 9, 2, attrs{"conversation.id": "c1"}); s.service = "other"; return s }(),
			map[string]string{"s1": "voice-rag-bot", "c1": "other"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			first := born(t, nil)
			first.send(test.before)
			first.pass(first.config.JoinWindow)
			second := first.crash(t, time.Second)
			second.send(test.after)
			assert.Zero(t, second.joiner.Held())
			calls := first.calls()
			maps.Copy(calls, second.calls())
			assert.Equal(t, test.want, calls)
			second.counts("otelcol_connector_voice_span_traces", map[string]int64{})
		})
	}
}

// ask gives a span of a trace to its call.
func (l *life) ask(trace int) *join.Span {
	span := &join.Span{Trace: traceID(trace), Tells: true}
	l.joiner.Assign([]*join.Span{span}, l.fake.Now())
	return span
}

// A trace that holds two conversations belongs to the first, whichever of them was heard of last.
func TestATraceOfTwoCallsAfterARestart(t *testing.T) {
	first := born(t, nil)
	first.send(client(1, 1, 9, 1, attrs{"conversation.id": "c2"}))
	first.send(client(1, 2, 9, 2, attrs{"conversation.id": "c1"}))
	first.pass(time.Second)
	first.send(client(1, 3, 9, 3, attrs{"conversation.id": "c1"}))
	second := first.crash(t, time.Second)
	second.send(client(1, 4, 9, 4, nil))
	asked := second.ask(1)
	assert.Equal(t, keyOf("c2"), call.KeyOf(&asked.Frame))
	assert.Equal(t, "v", noteOf(asked, call.Accepted).String())
	assert.Equal(t, 2, second.openCalls())
}

// A trace that was forgotten and found another call belongs to that.
func TestATraceThatFoundAnotherCallBeforeARestart(t *testing.T) {
	first := born(t, nil)
	first.send(client(2, 1, 9, 1, attrs{"conversation.id": "c2"}), client(1, 1, 9, 1, attrs{"conversation.id": "c1"}))
	for i := range 6 {
		first.pass(4 * time.Minute)
		first.send(client(2, 2+i, 9, 1, nil), client(3, 2+i, 9, 1, attrs{"conversation.id": "c1"}))
	}
	first.send(client(1, 2, 9, 2, attrs{"conversation.id": "c2"}))
	assert.Equal(t, keyOf("c2"), call.KeyOf(&first.crash(t, time.Second).ask(1).Frame))
}

// Traces are forgotten in their time, and for want of room, as if nothing had happened.
func TestTracesAreForgottenAfterARestart(t *testing.T) {
	first := born(t, func(c *Config) { c.MaxTraces, c.IdleTimeout, c.RememberEnded = 3, time.Hour, time.Minute })
	for trace := range 3 {
		first.send(client(1+trace, 1, 9, 1, attrs{"conversation.id": "c"}))
		first.pass(time.Minute)
	}
	second := first.crash(t, 0)
	assert.Equal(t, 3, second.joiner.Known())
	second.send(client(4, 1, 9, 1, attrs{"conversation.id": "c"}))
	second.pass(61*time.Minute - 2*time.Minute)
	assert.Equal(t, 2, second.joiner.Known())

	second = first.crash(t, 0)
	second.send(client(4, 1, 9, 1, attrs{"conversation.id": "c"}))
	assert.Empty(t, second.ask(1).Frame.CallID, "the oldest")
}

// Which turns were there is known after a restart.
func TestTurnsMissingAfterARestart(t *testing.T) {
	spans := pipecatCall(1, "c1")
	for outcome, before := range map[string][]span{"outcome=complete": spans[:8], "outcome=turns_missing": spans[4:8]} {
		first := born(t, nil)
		first.send(before...)
		second := first.crash(t, time.Second)
		second.send(spans[8])
		second.pass(second.config.EndDelay)
		second.counts("otelcol_connector_voice_span_calls", map[string]int64{outcome: 1})
		assert.Empty(t, second.courses.calls)
	}
}

// What many senders tell at once, while ends come and time goes by, is known after a crash.
func TestWhatConcurrentSendersToldIsKept(t *testing.T) {
	const senders, calls = 4, 5
	first := born(t, nil)
	var all []span
	var sending sync.WaitGroup
	for sender := range senders {
		for i := range calls {
			trace := 1 + sender*calls + i
			all = append(all, pipecatCall(trace, fmt.Sprintf("c%d", trace))...)
		}
		mine := all[len(all)-calls*9:]
		sending.Go(func() {
			for some := range slices.Chunk(mine, 2) {
				assert.NoError(t, first.try(some...))
			}
		})
	}
	sending.Go(func() {
		for range 50 {
			first.pass(0)
			first.observe(context.Background(), first.fake.Now())
		}
	})
	sending.Wait()
	second := first.crash(t, time.Second)
	second.send(all...)
	second.counts("otelcol_connector_voice_span_spans", map[string]int64{"framework=pipecat outcome=duplicate": int64(len(all))})
	second.pass(second.config.EndDelay)
	want := map[string]float64{}
	for name, value := range pipecatTotals {
		want[name] = value * senders * calls
	}
	require.InDeltaMapValues(t, want, sum(first, second), 1e-6)
	assert.Equal(t, senders*calls, second.logs.LogRecordCount())
}

// What was refused is not kept, and counts when it is sent again.
func TestARefusedRequestIsNotKept(t *testing.T) {
	spans := pipecatCall(1, "c1")
	first := born(t, nil)
	first.send(spans[:4]...)
	keys := first.disk.Keys()
	first.refuse()
	require.Error(t, first.try(spans[4:]...))
	assert.Equal(t, keys, first.disk.Keys())
	second := first.crash(t, time.Second)
	second.send(spans[4:]...)
	second.pass(second.config.EndDelay)
	assert.InDeltaMapValues(t, pipecatTotals, sum(first, second), 1e-9)
	first.accept()
}

// Calls that are kept go on: their session time is not told at the collector's end, nor is an end that is not due.
func TestKeptCallsAreNotSettled(t *testing.T) {
	first := born(t, nil)
	first.send(pipecatCall(1, "c1")...)
	first.send(pipecatCall(2, "c2")[:8]...)
	require.NoError(t, first.Shutdown(context.Background()))
	assert.NotContains(t, first.totals(), "voice.stt.session.seconds.total")
	assert.Zero(t, first.logs.LogRecordCount())
	assert.Zero(t, first.disk.Open(), "closed")
}

// A disk that is full costs nothing but what a restart would restore, and nothing if there is room again before it.
func TestWhenNothingCanBeKept(t *testing.T) {
	spans := pipecatCall(1, "c1")
	first := born(t, nil)
	first.send(spans[:4]...)
	first.disk.Fill(errors.New("no space left on device"))
	each(spans[4:7], first.send)
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError}, first.host.Events(), "said once")
	first.disk.Fill(nil)
	first.send(spans[7])
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, first.host.Events())
	first.counts("otelcol_connector_voice_span_journal_errors", map[string]int64{"": 3})

	second := first.crash(t, time.Second)
	second.send(spans...)
	second.pass(second.config.EndDelay)
	assert.InDeltaMapValues(t, pipecatTotals, sum(first, second), 1e-9)
}

// What cannot be read costs its call's steps from there on.
func TestADamagedDisk(t *testing.T) {
	spans := pipecatCall(1, "c1")
	first := born(t, nil)
	first.send(spans[:4]...)
	first.send(spans[4:]...)
	first.send(pipecatCall(2, "c2")[:8]...)
	require.NoError(t, first.disk.Set(context.Background(), "slot/00000000/00000001", []byte("broken")))
	second := first.crash(t, time.Second)
	second.counts("otelcol_connector_voice_span_journal_damaged", map[string]int64{"": 1})
	assert.Equal(t, 2, second.openCalls())
	assert.Empty(t, second.endings.list, "that of c1 was behind the damage")
	second.send(pipecatCall(2, "c2")...)
	second.pass(second.config.EndDelay)
	assert.InDelta(t, 18.5, second.totals()["voice.stt.session.seconds.total"], 1e-9)
}

// Stored calls for which there is no room are given up, with all that was known of them.
func TestMoreStoredCallsThanRoom(t *testing.T) {
	first := born(t, nil)
	for call := range 3 {
		first.send(pipecatCall(1+call, "c"+string(rune('1'+call)))...)
	}
	first.change = func(c *Config) { c.MaxCalls = 2 }
	second := first.crash(t, time.Second)
	assert.Equal(t, 2, second.openCalls())
	assert.Equal(t, 2, second.joiner.Known())
	second.pass(second.config.EndDelay)
	assert.Equal(t, 2, second.logs.LogRecordCount())
	second.fake.Advance(time.Hour)
	second.observe(context.Background(), second.fake.Now())
	assert.Equal(t, 1, second.disk.Keys(), "nothing but the head stays")
}

// Start and Shutdown take and give the storage, once for both pairs of pipelines.
func TestStorage(t *testing.T) {
	for name, test := range map[string]struct {
		host *keeptest.Host
		want string
	}{
		"there":   {extended(keeptest.NewDisk()), ""},
		"missing": {&keeptest.Host{}, `storage: there is no extension "file_storage": define it under`},
		"foreign": {extended(struct{ component.Component }{}), `storage: the extension "file_storage" stores nothing`},
		"failing": {extended(&keeptest.Disk{Locked: errors.New("locked")}), `storage: "file_storage" gives no client: locked`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Storage = &storageID })
			for _, tap := range b.taps {
				err := tap.Start(context.Background(), test.host)
				if test.want != "" {
					assert.ErrorContains(t, err, test.want)
				} else {
					require.NoError(t, err)
				}
			}
			if test.want != "" {
				return
			}
			b.send(pipecatCall(1, "c1")...)
			require.NoError(t, b.Shutdown(context.Background()))
			disk := test.host.Extensions[storageID].(*keeptest.Disk)
			assert.Equal(t, []string{"Connector " + b.settings.ID.String() + " calls"}, disk.Opened)
			assert.Zero(t, disk.Open(), "closed")
			assert.Greater(t, disk.Keys(), 1)
		})
	}
}

// A storage that hangs does not keep the collector from stopping, nor does a request that holds a call while it waits for it.
func TestShutdownWhileTheStorageHangs(t *testing.T) {
	for name, holds := range map[string]bool{"what waited is kept": false, "a request holds its call": true} {
		t.Run(name, func(t *testing.T) {
			disk := keeptest.NewDisk()
			b := newBench(t, func(c *Config) { c.Storage = &storageID })
			require.NoError(t, b.Start(context.Background(), extended(disk)))
			b.send(client(1, 1, 9, 1, nil))
			asked := disk.Hang()
			var requests sync.WaitGroup
			if holds {
				name := traceID(1).String()
				requests.Go(func() { b.send(client(2, 1, 9, 1, attrs{"conversation.id": name})) })
				<-asked
			}
			ctx, cancel := context.WithCancel(context.Background())
			stopped := make(chan error)
			go func() { stopped <- b.Shutdown(ctx) }()
			if !holds {
				<-asked
			}
			cancel()
			select {
			case err := <-stopped:
				require.ErrorIs(t, err, context.Canceled)
			case <-time.After(10 * time.Second):
				t.Fatal("it waits for the storage")
			}
			b.stopErr = nil // for the bench's own
			requests.Wait()
		})
	}
}

// keyOf is a call of the bot that tests are about.
func keyOf(id string) call.Key {
	return call.Key{Tenant: "voice-rag-bot" + separator + separator, ID: id}
}
