package rollupprocessor

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/disktest"
)

var errDisk = errors.New("no space left on device")

func TestSeriesGoOnAfterACrash(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0), tokens(5, "c1"))
	s.crash()
	s.at("10s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 10s]",
	)
	s.at("11s").take(cost(0.5))
	s.crash()
	s.at("20s").flush("bot voice.cost.usd{} counter 1.5 [999ms 20s]")
	s.at("30s").flush("bot voice.cost.usd{} counter 1.5 [999ms 30s]")
	assert.Equal(t, 2, s.logged("The stored state goes on"))
	assert.Len(t, s.counts("otelcol_processor_rollup_stored_bytes"), 1)
	s.take(cost(0.25))
	assert.Equal(t, "collector-1", s.instance())
	s.sameState()
}

// That a flush was accepted is written with what comes next. A crash before that repeats what is harmless to repeat.
func TestCrashAfterAFlushRepeatsItsZero(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0))
	s.at("10s").skip()
	s.crash()
	s.at("20s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 20s]",
	)
	s.at("30s").flush("bot voice.cost.usd{} counter 1.0 [999ms 30s]")
	s.crash()
	s.at("40s").flush("bot voice.cost.usd{} counter 1.0 [999ms 40s]")
}

func TestSeriesGoOnAfterARestart(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0), tokens(5, "c1"))
	s.restart()
	s.at("20s").flush("bot voice.cost.usd{} counter 1.0 [999ms 20s]")
	s.at("21s").take(cost(0.5), tokens(2, "c1"))
	s.restart()
	s.restart()
	s.at("30s").flush("bot voice.cost.usd{} counter 1.5 [999ms 30s]")
	s.at("31s").take(tokens(1, "c1"))
	s.at("40s").flush(
		"bot voice.cost.usd{} counter 1.5 [999ms 40s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 8 [999ms 40s]",
	)
	assert.Equal(t, "collector-1", s.instance())
	assert.Zero(t, s.logged("fail"))
}

// A restart while the backend is down loses nothing either.
func TestRestartBeforeAnythingWasAccepted(t *testing.T) {
	s := newStored(t)
	s.sink.refuse(errors.New("queue is full"))
	s.at("1s").take(cost(1.0))
	s.restart()
	s.at("20s").take(cost(1.0))
	s.crash()
	s.sink.refuse(nil)
	s.at("30s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 2.0 [999ms 30s]",
	)
}

func TestCallGoesOnAfterAPauseWithACrash(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(tokens(5, "c1"))
	s.at("10s").skip()
	s.at("310s").skip() // ended
	s.crash()
	s.at("320s").skip()
	s.restart()
	s.at("600s").take(tokens(2, "c1"))
	s.at("610s").flush("bot voice.llm.tokens.total{call_id=c1} counter 7 [999ms 10m10s]")
}

func TestLifeOfACallGoesOnAfterACrash(t *testing.T) {
	s := newStored(t, func(c *Config) { c.MaxSeries = 1 }) // which leaves no room for series that have ended
	s.at("1s").take(tokens(5, "c1"))
	s.at("10s").skip()
	s.crash()
	s.at("70s").flush( // the acceptance was not written
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 1m10s]",
	)
	s.at("80s").flush()
	s.crash()
	s.at("130s").flush("bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 2m10s]")
	s.at("310s").flush("bot voice.llm.tokens.total{call_id=c1} counter ended [999ms 5m10s]")
	s.crash()
	s.at("320s").flush("bot voice.llm.tokens.total{call_id=c1} counter ended [999ms 5m20s]")
	s.at("330s").flush()
	s.crash()
	s.at("340s").flush()
	assert.Zero(t, s.intake().store.Series())
	assert.Zero(t, s.intake().store.Calls())
	s.take(tokens(2, "c1"))
	s.crash()
	s.at("350s").flush( // after all that was sent
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [5m40.001s 5m40.001s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 2 [5m40.001s 5m50s]",
	)
}

func TestHistogramsAndUpDownsGoOnAfterACrash(t *testing.T) {
	s := newStored(t)
	ttfb := func(d dist) in { return in{metric: semconv.MetricTTFB, value: d} }
	custom := in{metric: "voice.custom", unit: "{apple}", value: dist{bounds: []float64{1, 2}, counts: []uint64{1, 0, 2}, sum: 7}}
	session := in{metric: semconv.MetricSessionDuration, value: 3.1, updown: true, attributes: []string{"call_id", "c1"}}
	s.at("1s").take(ttfb(dist{bounds: []float64{500}, counts: []uint64{1, 0}, sum: 412, min: 412, max: 412}), custom, session)
	s.crash()
	s.at("2s").take(ttfb(dist{bounds: []float64{500}, counts: []uint64{1, 0}, sum: 12.5, min: 12.5, max: 12.5}), custom, session)
	s.sameState()
	s.restart()
	s.crash()
	s.at("10s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=2 sum=424.5 le50:1 le500:1 min=12.5 max=412 [999ms 10s]",
		"bot voice.custom{} histogram count=6 sum=14.0 le1:2 le+Inf:4 [999ms 10s]",
	)
	s.at("11s").take(session)
	s.at("20s").skip()
	s.at("21s").take(session)
	s.crash()
	s.at("30s").flush(
		"bot voice.ttfb.milliseconds{} histogram count=2 sum=424.5 le50:1 le500:1 min=12.5 max=412 [999ms 30s]",
		"bot voice.custom{} histogram count=6 sum=14.0 le1:2 le+Inf:4 [999ms 30s]",
		"bot voice.session.duration.seconds{call_id=c1} updown 12.4 [999ms 30s]",
	)
}

func TestIdentitiesAreKnownAfterACrash(t *testing.T) {
	s := newStored(t)
	point := of("f1", tokens(5, "c1"))
	s.at("1s").send([]in{point, point})
	s.crash()
	s.take(point)
	s.send([]in{point, point, point})
	s.restart()
	s.take(point, of("f2", tokens(1, "c1")))
	s.crash()
	s.at("10s").take(of("f2", tokens(1, "c1")))
	s.received("added=4 skipped/duplicate=5")
	s.sameState()
}

// What a producer counted while nobody listened is not missing, and a producer that is new is not taken for an old one.
func TestCumulativeStreamsGoOnAfterACrash(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(characters(3, "0s", "1s"))
	s.crash()
	s.at("2m").take(characters(10, "0s", "2m"))
	young := characters(4, "1m", "2m")
	young.resource = []string{"service.instance.id", "young"}
	s.take(young)
	latency := func(n uint64, time string) in {
		return in{metric: semconv.MetricTTFB, value: dist{counts: []uint64{n}, sum: 100 * float64(n)}, start: "0s", time: time}
	}
	s.take(latency(2, "2m"))
	s.restart()
	s.at("3m").take(latency(5, "3m"), characters(9, "0s", "90s"))
	s.received("added=5 skipped/late=1")
	s.sameState()
	s.at("190s").flush(
		"bot voice.tts.characters.total{} counter 14 [999ms 3m10s]",
		"bot voice.ttfb.milliseconds{} histogram count=5 sum=500.0 le+Inf:5 [1m59.999s 3m10s]",
	)
}

func TestObservationsGoOnAfterACrash(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(active(3, "1s"))
	s.crash()
	s.at("10s").take(active(5, "10s"))
	s.sameState()
	s.at("20s").flush("bot voice.calls.active{} updown 5 [999ms 20s]")
	s.crash()
	s.at("200s").flush("bot voice.calls.active{} updown ended [999ms 3m20s]")
	s.restart()
	s.at("220s").flush()
}

// Timestamps of a series only go forward, whatever the clock did in between.
func TestClockThatIsSetBackOverACrash(t *testing.T) {
	s := newStored(t)
	s.at("10m").take(in{metric: semconv.MetricCalls, value: 1})
	s.at("611s").skip()
	s.at("5m")
	s.crash()
	s.take(in{metric: semconv.MetricCalls, value: 1})
	assert.ErrorIs(t, s.rollup.flush(t.Context()), errClock)
	s.at("6m")
	s.crash()
	assert.ErrorIs(t, s.rollup.flush(t.Context()), errClock)
	s.at("612s").flush(
		"bot voice.calls.total{} counter 0 [9m59.999s 9m59.999s]",
		"bot voice.calls.total{} counter 2 [9m59.999s 10m12s]",
	)
}

// The settings of today hold for what comes; what is there stays.
func TestOtherSettingsAfterARestart(t *testing.T) {
	for name, again := range map[string]func(*stage){"restart": (*stage).restart, "crash": (*stage).crash} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t, func(c *Config) { c.CallID.Keep = []string{semconv.MetricCost} })
			s.at("1s").take(cost(1.0, "call_id", "c1"))
			s.at("2s").take(cost(2.0, "call_id", "c1"))
			other := *s.cfg
			other.CallID.Keep, other.CallID.Linger = nil, 10*other.CallID.Linger
			s.cfg = &other
			again(s)
			s.at("11s").take(cost(4.0, "call_id", "c1"))
			s.at("400s")
			require.NoError(t, s.rollup.flush(t.Context()))
			lines := s.lines()
			assert.Contains(t, lines, "bot voice.cost.usd{call_id=c1} counter 3.0 [999ms 6m40s]")
			assert.Contains(t, lines, "bot voice.cost.usd{} counter 4.0 [10.999s 6m40s]")
			s.sameStateAfter(cost(1.0, "call_id", "c1"))
		})
	}
}

// What is refused has changed nothing.
func TestStorageThatFails(t *testing.T) {
	for name, done := range map[string]bool{"before": false, "after": true} {
		t.Run(name, func(t *testing.T) {
			s := newStored(t)
			s.at("1s").take(cost(1.0), tokens(5, "c1"))
			s.disk.OnWrite(failing(errDisk, done))
			s.refused(errDisk, cost(8.0), of("f1", cost(4.0, "call_id", "c1")))
			s.disk.OnWrite(nil)
			s.sameStateBut(done)
			s.at("2s").take(cost(0.5), of("f1", cost(4.0, "call_id", "c1")))
			s.sameState()
			assert.Equal(t, []string{"failed=2", "written=4"}, s.counts("otelcol_processor_rollup_commits", "result"))
			s.crash()
			s.at("10s").flush(
				"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
				"bot voice.cost.usd{} counter 5.5 [999ms 10s]",
				"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
				"bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 10s]",
			)
			assert.Equal(t, 1, s.logged("Writing to the storage fails"))
			assert.Equal(t, 1, s.logged("Writing to the storage works again"))
		})
	}
}

// sameStateBut does not hold while a write is on disk of which it was said that it is not.
func (s *stage) sameStateBut(unsure bool) {
	s.Helper()
	if !unsure {
		s.sameState()
	}
}

// What was counted leaves although nothing can be written, and what was flushed then is written with what comes next.
func TestFlushesGoOnWhileTheStorageFails(t *testing.T) {
	s := newStored(t, func(c *Config) { c.MaxSeries = 2 }) // which leaves no room for series that have ended
	s.at("1s").take(cost(1.0), tokens(5, "c1"))
	s.disk.OnWrite(failing(errDisk, false))
	s.at("10s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 10s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
		"bot voice.llm.tokens.total{call_id=c1} counter 5 [999ms 10s]",
	)
	s.refused(errDisk, cost(8.0))
	s.at("310s").skip()
	s.at("320s").skip() // the call is forgotten
	s.disk.OnWrite(nil)
	s.take(tokens(2, "c1"))
	s.sameState()
	s.crash()
	s.at("330s").flush(
		"bot voice.cost.usd{} counter 1.0 [999ms 5m30s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 0 [5m20.001s 5m20.001s]",
		"bot voice.llm.tokens.total{call_id=c1} counter 2 [5m20.001s 5m30s]",
	)
}

// A crash while nothing can be written comes back to where writing ended: all that was acknowledged.
func TestCrashWhileTheStorageFails(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0))
	s.disk.OnWrite(failing(errDisk, false))
	s.at("10s").skip()
	s.refused(errDisk, cost(8.0))
	s.at("20s").skip()
	s.crash()
	s.at("30s").flush(
		"bot voice.cost.usd{} counter 0.0 [999ms 999ms]",
		"bot voice.cost.usd{} counter 1.0 [999ms 30s]",
	)
}

// A storage that cannot be written at the start is no reason not to start: senders are told to come again.
func TestStorageThatFailsFromTheStart(t *testing.T) {
	disk := disktest.New()
	disk.OnWrite(failing(errDisk, false))
	s := onDisk(t, disk)
	assert.Equal(t, 1, s.logged("cannot be written yet"))
	s.refused(errDisk, cost(8.0))
	s.at("10s").flush()
	s.refused(errDisk, cost(8.0))
	s.disk.OnWrite(nil)
	s.at("11s").take(cost(1.0))
	s.sameState()
	s.crash()
	s.at("20s").flush(
		"bot voice.cost.usd{} counter 0.0 [10.999s 10.999s]",
		"bot voice.cost.usd{} counter 1.0 [10.999s 20s]",
	)
	assert.Zero(t, s.logged("is gone"))
}

// The name that all goes by is made once, whether or not anything came before the collector is gone.
func TestInstanceIsMadeOnce(t *testing.T) {
	s := newStored(t)
	s.crash()
	s.restart()
	assert.Equal(t, "collector-1", s.instance())
}

// A write that was said to have failed is not there after an orderly end.
func TestUnsureWriteIsTakenBackAtTheEnd(t *testing.T) {
	s := newStored(t)
	s.at("1s").take(cost(1.0))
	s.disk.OnWrite(failing(errDisk, true))
	s.refused(errDisk, cost(8.0))
	s.disk.OnWrite(nil)
	s.restart()
	s.at("20s").flush("bot voice.cost.usd{} counter 1.0 [999ms 20s]")
}

// When what passes is refused, the rest is neither counted nor written.
func TestNothingIsWrittenOfARequestWhosePassingPartIsRefused(t *testing.T) {
	s := newStored(t)
	s.sink.refuse(errors.New("queue is full"))
	before := s.disk.Writes()
	assert.EqualError(t, s.rollup.ConsumeMetrics(t.Context(), mixed()), "queue is full")
	assert.Equal(t, before, s.disk.Writes())
	s.sink.refuse(nil)
	require.NoError(t, s.rollup.ConsumeMetrics(t.Context(), mixed()))
	assert.Equal(t, before+1, s.disk.Writes(), "the request")
	s.sameState()
}

func TestSnapshotsReplaceTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s")
		for i := range 50 {
			s.take(of(fmt.Sprint("f", i), tokens(1, "c1")))
			if i%10 == 9 {
				s.snapshotNow()
			}
		}
		assert.Len(t, s.disk.Keys("series", ""), 4, "a head, its copy, a shard and the start of a log")
		assert.Equal(t, []string{"written=5"}, s.counts("otelcol_processor_rollup_snapshots", "result"))
		s.sameState()
		s.crash()
		s.take(of("f7", tokens(1, "c1")))
		s.at("10s").flush(
			"bot voice.llm.tokens.total{call_id=c1} counter 0 [999ms 999ms]",
			"bot voice.llm.tokens.total{call_id=c1} counter 50 [999ms 10s]",
		)
	})
}

// snapshotNow lets the writer believe that the log is long, and waits for what it does. Only in a bubble.
func (s *stage) snapshotNow() {
	s.Helper()
	synctest.Wait()
	s.rollup.books.(*durable).log.Burden(1 << 40)
	s.take(characters(1, "-1h", "0s")) // changes nothing
	synctest.Wait()
}

func TestSnapshotThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for writes := range 5 {
			s := newStored(t)
			s.at("1s").take(cost(1.0), tokens(5, "c1"))
			s.at("10s").skip()
			n := 0
			s.disk.OnWrite(func(ops []*storage.Operation) disktest.Fault {
				if n++; n > writes {
					return disktest.Fault{Err: errDisk}
				}
				return disktest.Fault{Done: len(ops)}
			})
			synctest.Wait()
			s.rollup.books.(*durable).log.Burden(1 << 40)
			err := s.rollup.ConsumeMetrics(t.Context(), cost(0.25).metrics())
			synctest.Wait()
			s.disk.OnWrite(nil)
			if err != nil {
				s.take(cost(0.25))
			}
			s.sameState()
			s.crash()
			s.at("20s").take(cost(0.5))
			require.NoError(t, s.rollup.flush(t.Context()))
			assert.Contains(t, s.lines(), "bot voice.cost.usd{} counter 1.75 [999ms 20s]", "%d writes", writes)
		}
	})
}

// What is owed when a snapshot begins is in the snapshot, and must not happen again after it.
func TestSnapshotWhileSomethingIsOwed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newStored(t)
		s.at("1s").take(cost(1.0), tokens(5, "c1"))
		s.at("10s").skip()
		synctest.Wait()
		s.rollup.books.(*durable).log.Burden(1 << 40)
		fails := true
		s.disk.OnWrite(func(ops []*storage.Operation) disktest.Fault {
			defer func() { fails = false }()
			if fails {
				return disktest.Fault{Err: errDisk}
			}
			return disktest.Fault{Done: len(ops)}
		})
		s.at("310s").skip()
		synctest.Wait()
		s.take(cost(0.5))
		synctest.Wait()
		s.sameState()
		assert.Equal(t, []string{"written=1"}, s.counts("otelcol_processor_rollup_snapshots", "result"))
	})
}
