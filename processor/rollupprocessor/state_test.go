package rollupprocessor

import (
	"encoding/hex"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/ident"
	"github.com/otelcol-voice/otelcol-voice/processor/rollupprocessor/internal/wal"
)

// step is one event of a log.
type step struct {
	what event
	at   string
	of   []in
}

// steps has one of all that a state can have.
func steps() []step {
	return []step{
		{requestTaken, "1s", []in{
			of("f1", tokens(5, "c1", "model", "gpt-4o")), of("f1", tokens(5, "c1", "model", "gpt-4o")),
			of("f2", cost(0.000365, "call_id", "c2", "processor", "LLM#7")),
			{metric: semconv.MetricTTFB, value: dist{bounds: []float64{500}, counts: []uint64{1, 0}, sum: 412.5, min: 412.5, max: 412.5}},
			{metric: "voice.custom", unit: "{apple}", value: dist{bounds: []float64{1, 2}, counts: []uint64{1, 0, 2}, sum: 7}, namespace: "acme"},
			{metric: semconv.MetricSessionDuration, value: 3.1, updown: true, attributes: []string{"call_id", "c1"}, environment: "prod"},
		}},
		{requestTaken, "2s", []in{
			characters(3, "0s", "2s"), characters(9, "-1h", "2s"), active(2, "2s"),
			{metric: semconv.MetricTTFB, value: dist{counts: []uint64{2}, sum: 3}, start: "0s", time: "2s"},
		}},
		{flushWritten, "10s", nil},
		{flushAccepted, "10s", nil},
		{requestTaken, "320s", []in{of("f3", tokens(7, "c3")), characters(5, "0s", "320s")}},
		{flushWritten, "330s", nil},
		{lastFlushed, "331s", nil},
	}
}

// recordOf is the events of some steps, as they are written.
func recordOf(t testing.TB, steps []step) []byte {
	t.Helper()
	var record []byte
	for _, s := range steps {
		at := after(s.at).AsTime()
		if s.what != requestTaken {
			record = appendEvent(record, s.what, at)
			continue
		}
		md := pmetric.NewMetrics()
		for _, p := range s.of {
			p.metrics().ResourceMetrics().MoveAndAppendTo(md.ResourceMetrics())
		}
		wire, err := marshaler.MarshalMetrics(md)
		require.NoError(t, err)
		record = appendWith(record, requestTaken, at, wire)
	}
	return record
}

func emptyIntake() *intake {
	cfg := createDefaultConfig().(*Config)
	cfg.MaxSeries = 6 // so that one overflows
	return newIntake(cfg, identity{"collector-1", ident.Seed{1, 2, 3, 4, 5, 6}}, noon)
}

func fullIntake(t testing.TB) *intake {
	t.Helper()
	in := emptyIntake()
	_, err := in.replay(recordOf(t, steps()))
	require.NoError(t, err)
	return in
}

// bodies are the shards of a state, without the room for their seals.
func bodies(t testing.TB, in *intake) [][]byte {
	t.Helper()
	shards, err := in.snapshot()
	require.NoError(t, err)
	for i := range shards {
		shards[i] = shards[i][wal.SealSize:]
	}
	return shards
}

func TestStateRoundTrip(t *testing.T) {
	for n := range len(steps()) + 1 {
		in := emptyIntake()
		_, err := in.replay(recordOf(t, steps()[:n]))
		require.NoError(t, err)
		shards := bodies(t, in)
		require.Len(t, shards, 1)
		again, err := restored(oneShard(slices.Clone(shards[0])))
		require.NoError(t, err)
		assert.Equal(t, shards, bodies(t, again), "after %d steps", n)
		for _, s := range steps()[n:] { // and it goes on alike
			record := recordOf(t, []step{s})
			_, err = in.replay(record)
			require.NoError(t, err)
			_, err = again.replay(record)
			require.NoError(t, err)
		}
		assert.Equal(t, bodies(t, in), bodies(t, again))
	}
}

// What is on disk is pinned: a change of any byte is another format, and needs another number.
func TestFormatOnDisk(t *testing.T) {
	state := fullIntake(t)
	state.cfg = nil // an option more is no other format
	for name, got := range map[string][]byte{
		"snapshot": bodies(t, state)[0],
		"record":   recordOf(t, steps()),
	} {
		path := filepath.Join("testdata", "state", name+".hex")
		if *update {
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, []byte(hex.Dump(got)), 0o644))
		}
		want, err := os.ReadFile(path)
		require.NoError(t, err)
		assert.Equal(t, string(want), hex.Dump(got), name)
	}
}

// A flush that is replayed does what the flush did.
func TestFlushThatIsReplayedDoesTheSame(t *testing.T) {
	seen, unseen := emptyIntake(), emptyIntake()
	for _, s := range steps() {
		if s.what == flushWritten || s.what == lastFlushed {
			at := after(s.at).AsTime()
			flush, ok := seen.flush(at, s.what == lastFlushed)
			require.True(t, ok)
			require.Positive(t, flush.Points)
			unseen.passFlush(at, s.what == lastFlushed)
			continue
		}
		for _, in := range []*intake{seen, unseen} {
			_, err := in.replay(recordOf(t, []step{s}))
			require.NoError(t, err)
		}
	}
	assert.Equal(t, bodies(t, seen), bodies(t, unseen))
}

// Our bounds may be others in another version: what was counted goes on in the new ones.
func TestBoundsOfAnotherVersion(t *testing.T) {
	shards := bodies(t, fullIntake(t))
	ttfb := contract[semconv.MetricTTFB]
	defer func() { contract[semconv.MetricTTFB] = ttfb }()
	changed := ttfb
	changed.bounds = []float64{100, 450, 1000}
	contract[semconv.MetricTTFB] = changed
	latency := in{metric: semconv.MetricTTFB, value: dist{bounds: []float64{100}, counts: []uint64{1, 0}, sum: 7}}
	in, err := restored(oneShard(shards[0]))
	require.NoError(t, err)
	late := in.take(latency.metrics(), after("340s").AsTime())
	assert.EqualValues(t, 1, late.tally[added])
	flush, ok := in.flush(after("350s").AsTime(), false)
	require.True(t, ok)
	assert.Contains(t, linesOf(t, flush.Metrics.ResourceMetrics().At(0)),
		"bot voice.ttfb.milliseconds{} histogram count=4 sum=422.5 le100:1 le1000:1 le+Inf:2 [999ms 5m50s]")
}

// TestRecordsThatCannotBe holds for whatever a checksum lets through.
func TestRecordsThatCannotBe(t *testing.T) {
	whole := recordOf(t, steps())
	for name, record := range map[string][]byte{
		"an unknown event":   {9, 0},
		"no time":            {byte(flushWritten)},
		"a cut off request":  whole[:40],
		"a broken request":   appendWith(nil, requestTaken, noon, []byte{0xff}),
		"broken settings":    appendWith(nil, configured, noon, []byte("{")),
		"something after it": append(slices.Clone(whole), 0),
	} {
		_, err := emptyIntake().replay(record)
		assert.Error(t, err, name)
	}
}

func FuzzSnapshot(f *testing.F) {
	f.Add(bodies(f, fullIntake(f))[0])
	f.Add(bodies(f, emptyIntake())[0])
	f.Fuzz(func(t *testing.T, shard []byte) {
		in, err := restored(oneShard(shard))
		if err != nil {
			return
		}
		in.take(usage(2), time.Unix(1, 0))
		in.flush(time.Unix(2, 0), false)
		_, err = in.snapshot()
		require.NoError(t, err)
	})
}

func FuzzRecord(f *testing.F) {
	f.Add(recordOf(f, steps()))
	f.Fuzz(func(t *testing.T, record []byte) {
		in := emptyIntake()
		if _, err := in.replay(record); err != nil {
			return
		}
		again, err := restored(oneShard(bodies(t, in)[0]))
		require.NoError(t, err)
		require.Equal(t, bodies(t, in), bodies(t, again))
	})
}
