package voiceframereceiver

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componentstatus"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/journal"
	"github.com/otelcol-voice/otelcol-voice/internal/keep"
	"github.com/otelcol-voice/otelcol-voice/internal/keep/keeptest"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/metadatatest"
)

// notebook is a journal in memory.
type notebook struct {
	mu        sync.Mutex
	calls     []call.Key
	steps     map[call.Key][]journal.Entry
	forgotten []call.Key
	err       error
	closed    int
}

func newNotebook() *notebook { return &notebook{steps: map[call.Key][]journal.Entry{}} }

func (n *notebook) Restore(_ context.Context, visit func(journal.Record)) error {
	for _, key := range n.calls {
		visit(journal.Record{Call: key, Entries: n.steps[key]})
	}
	return n.err
}

func (n *notebook) Append(ctx context.Context, records []journal.Record) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.err != nil || ctx.Err() != nil {
		return errors.Join(n.err, ctx.Err())
	}
	for _, record := range records {
		if _, known := n.steps[record.Call]; !known {
			n.calls = append(n.calls, record.Call)
		}
		n.steps[record.Call] = append(n.steps[record.Call], record.Entries...)
	}
	return nil
}

func (n *notebook) Forget(_ context.Context, calls []call.Gone) error {
	for _, gone := range calls {
		n.forgotten = append(n.forgotten, gone.Key)
	}
	return n.err
}

func (n *notebook) Mark() uint64 { return 0 }

func (n *notebook) Close(context.Context) error {
	n.closed++
	return nil
}

// keeping is a bench that keeps its calls in a notebook, as they were left there.
func keeping(t *testing.T, kept keep.Journal, host component.Host) *bench {
	b := newBench(t, nil)
	b.hosts.Add(host)
	b.resume(t, kept)
	return b
}

func (b *bench) resume(t *testing.T, kept keep.Journal) {
	b.keeper = keep.New(kept, b.keepSettings(component.MustNewID("file_storage")))
	require.NoError(t, b.keeper.Resume(context.Background(), b.calls, nil))
}

// A call goes on after a restart: the same totals as without, and nothing is told twice.
func TestCallsGoOnAfterARestart(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(fiveLines(t)), "\n")
	for cut := range lines {
		kept := newNotebook()
		totals := map[string]float64{}
		var summaries int
		for _, part := range [][]string{lines[:cut], lines[cut:]} {
			b := keeping(t, kept, componenttest.NewNopHost())
			if len(part) > 0 {
				status, answer := b.post("/v1/frames", strings.Join(part, "\n"))
				require.Equal(t, http.StatusOK, status, answer)
			}
			if cut > 0 && len(part) == cut {
				assert.Equal(t, 1, b.calls.Active()[""])
			}
			require.NoError(t, b.Shutdown(context.Background()))
			for name, value := range b.totals() {
				totals[name] += value
			}
			summaries += b.logs.LogRecordCount()
		}
		assert.InDeltaMapValues(t, fiveLinesTotals, totals, 1e-9, "cut after %d", cut)
		assert.Equal(t, 1, summaries)
		assert.Equal(t, 2, kept.closed)

		b := keeping(t, kept, componenttest.NewNopHost())
		_, answer := b.post("/v1/frames", fiveLines(t))
		assert.Contains(t, answer, `"duplicates":5`, "what was sent before the restart is still known")
		assert.Empty(t, b.metrics.AllMetrics())
	}
}

// The same on what an extension stores, from the start to the end of a receiver. (test/e2e has the one that is shipped.)
func TestCallsGoOnInAStorage(t *testing.T) {
	id := component.MustNewID("file_storage")
	disk := keeptest.NewDisk()
	lines := strings.Split(strings.TrimSpace(fiveLines(t)), "\n")
	totals := map[string]float64{}
	for _, part := range [][]string{lines[:2], lines[2:4], lines[:4], lines[4:]} {
		t.Run("", func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Storage = &id })
			require.NoError(t, b.Start(context.Background(), extended(id, disk)))
			status, answer := b.post("/v1/frames", strings.Join(part, "\n"))
			require.Equal(t, http.StatusOK, status, answer)
			require.NoError(t, b.Shutdown(context.Background()))
			for name, value := range b.totals() {
				totals[name] += value
			}
		})
	}
	assert.InDeltaMapValues(t, fiveLinesTotals, totals, 1e-9)
}

// What is kept is what changed a call: no duplicates, nothing that was refused; and the end by silence.
func TestWhatIsKept(t *testing.T) {
	kept := newNotebook()
	b := keeping(t, kept, componenttest.NewNopHost())
	_, _ = b.post("/v1/frames/c1", strings.Join(spokenTo(2), "\n"))
	_, _ = b.post("/v1/frames/c1", strings.Join(spokenTo(3), "\n"))
	_, _ = b.post("/v1/frames", `{"type":"EndFrame","call_id":"c2"}`+"\n"+`{"type":"EndFrame","call_id":3}`)
	_, _ = b.post("/v1/frames/c2", spoken(0))
	b.pipeline.Metrics = nil
	b.tick(context.Background(), now.Add(6*time.Minute))
	c1, c2 := call.Key{ID: "c1"}, call.Key{ID: "c2"}
	require.Len(t, kept.steps[c1], 4)
	for _, step := range kept.steps[c1][:3] {
		assert.NotNil(t, step.Frame)
		assert.Equal(t, now, step.Arrival)
	}
	assert.Equal(t, journal.Entry{Arrival: now.Add(6 * time.Minute)}, kept.steps[c1][3])
	assert.Len(t, kept.steps[c2], 2, "the end and what came late")

	// A restart ends no call again.
	again := keeping(t, kept, componenttest.NewNopHost())
	assert.Zero(t, again.openCalls())
	again.tick(context.Background(), now.Add(7*time.Minute))
	assert.Zero(t, again.logs.LogRecordCount())

	b.tick(context.Background(), now.Add(time.Hour))
	assert.ElementsMatch(t, []call.Key{c1, c2}, kept.forgotten)
}

// Stored calls for which there is no room are given up, on the disk as well.
func TestMoreStoredCallsThanRoom(t *testing.T) {
	kept := newNotebook()
	b := keeping(t, kept, componenttest.NewNopHost())
	for _, id := range []string{"a", "b", "c"} {
		_, _ = b.post("/v1/frames/"+id, spoken(0))
	}
	smaller := newBench(t, func(c *Config) { c.MaxCalls = 2 })
	smaller.resume(t, kept)
	assert.Equal(t, int64(2), smaller.openCalls())
	assert.Equal(t, []call.Key{{ID: "c"}}, kept.forgotten)
}

// What was delivered is kept although its sender has left meanwhile: it would count again after a restart.
func TestStepsOfASenderWhoHasLeft(t *testing.T) {
	kept := newNotebook()
	b := keeping(t, kept, componenttest.NewNopHost())
	ctx, leave := context.WithCancel(context.Background())
	metrics, err := consumer.NewMetrics(func(ctx context.Context, m pmetric.Metrics) error {
		leave()
		return b.metrics.ConsumeMetrics(ctx, m)
	})
	require.NoError(t, err)
	b.pipeline.Metrics = metrics
	_, _ = b.do(httptest.NewRequest(http.MethodPost, "/v1/frames/c1", strings.NewReader(spoken(0))).WithContext(ctx))
	assert.Len(t, kept.steps[call.Key{ID: "c1"}], 1)
}

// onDisk is a bench that keeps its calls in a journal on a disk, as they were left there.
func onDisk(t *testing.T, disk *keeptest.Disk, change func(*Config)) *bench {
	b := newBench(t, change)
	client, err := disk.GetClient(context.Background(), component.KindReceiver, b.settings.ID, "calls")
	require.NoError(t, err)
	kept, err := journal.Open(context.Background(), client)
	require.NoError(t, err)
	b.resume(t, kept)
	return b
}

// A call id that comes back is another call, on the disk as well: before anybody noticed that the first was forgotten, between
// its forgetting in the table and on the disk, and when a request in between was refused.
func TestAReusedCallIDAfterARestart(t *testing.T) {
	start, end := `{"type":"StartFrame"}`, `{"type":"EndFrame"}`
	for name, reuse := range map[string]func(b *bench){
		"evicted": func(b *bench) {
			_, _ = b.post("/v1/frames/c2", start+end) // there is room for one
			_, _ = b.post("/v1/frames/c1", start)
			b.tick(context.Background(), now)
		},
		"forgotten": func(b *bench) {
			gone := b.calls.Forget(now.Add(time.Hour))
			_, _ = b.post("/v1/frames/c1", start)
			b.keeper.Forget(context.Background(), gone)
		},
		"refused": func(b *bench) {
			_, _ = b.post("/v1/frames/c2", start+end)
			b.pipeline.Metrics = consumertest.NewErr(errors.New("queue is full"))
			_, _ = b.post("/v1/frames/c1", start)
			b.pipeline.Metrics = b.metrics
			b.tick(context.Background(), now)
			_, _ = b.post("/v1/frames/c1", start)
		},
	} {
		t.Run(name, func(t *testing.T) {
			disk := keeptest.NewDisk()
			one := func(c *Config) { c.MaxCalls = 1 }
			b := onDisk(t, disk, one)
			_, _ = b.post("/v1/frames/c1", start+end)
			reuse(b)
			require.Equal(t, int64(1), b.openCalls())
			require.NoError(t, b.Shutdown(context.Background()))

			b = onDisk(t, disk, one)
			assert.Equal(t, int64(1), b.openCalls())
			status, _ := b.post("/v1/frames/c1", end)
			assert.Equal(t, http.StatusOK, status)
			assert.Equal(t, 1, b.logs.LogRecordCount(), "its own end")
			b.tick(context.Background(), now.Add(time.Hour))
			assert.Equal(t, 1, disk.Keys(), "nothing but the head stays")
		})
	}
}

func TestStepsAreByCall(t *testing.T) {
	kept := newNotebook()
	b := keeping(t, kept, componenttest.NewNopHost())
	_, _ = b.post("/v1/frames", `[{"kind":"tts","call_id":"a","characters":1,"timestamp":1764000000},`+
		`{"kind":"tts","call_id":"b","characters":1,"timestamp":1764000000},{"kind":"tts","call_id":"a","characters":1,"timestamp":1764000001}]`)
	assert.Len(t, kept.steps[call.Key{ID: "a"}], 2)
	assert.Len(t, kept.steps[call.Key{ID: "b"}], 1)
}

// A disk that is full costs nothing but what a restart would restore.
func TestWhenNothingCanBeKept(t *testing.T) {
	kept, host := newNotebook(), &keeptest.Host{}
	b := keeping(t, kept, host)
	kept.err = errors.New("no space left on device")
	for i := range 3 {
		status, answer := b.post("/v1/frames/c1", spoken(i))
		assert.Equal(t, http.StatusOK, status)
		assert.Contains(t, answer, `"accepted":1`)
	}
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError}, host.Events(), "said once")
	kept.err = nil
	_, _ = b.post("/v1/frames/c1", spoken(3))
	_, _ = b.post("/v1/frames/c1", spoken(4))
	assert.Equal(t, []componentstatus.Status{componentstatus.StatusRecoverableError, componentstatus.StatusOK}, host.Events())
	assert.Equal(t, 5.0, b.totals()["voice.tts.characters.total"])
	metadatatest.AssertEqualReceiverVoiceFrameJournalErrors(t, b.telemetry, []metricdata.DataPoint[int64]{{Value: 3}},
		metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
}

// Calls that are kept go on: their session time is not told at the collector's end.
func TestKeptCallsAreNotSettled(t *testing.T) {
	b := keeping(t, newNotebook(), componenttest.NewNopHost())
	_, _ = b.post("/v1/frames", strings.Join(strings.Split(fiveLines(t), "\n")[:4], "\n"))
	require.NoError(t, b.Shutdown(context.Background()))
	assert.NotContains(t, b.totals(), "voice.stt.session.seconds.total")
}

// extended is a host with an extension.
func extended(id component.ID, extension component.Component) *keeptest.Host {
	return &keeptest.Host{Extensions: map[component.ID]component.Component{id: extension}}
}

func TestStorage(t *testing.T) {
	id := component.MustNewIDWithName("file_storage", "calls")
	for name, test := range map[string]struct {
		host *keeptest.Host
		want string
	}{
		"there":   {extended(id, keeptest.NewDisk()), ""},
		"missing": {&keeptest.Host{}, `storage: there is no extension "file_storage/calls": define it under`},
		"foreign": {extended(id, struct{ component.Component }{}), `storage: the extension "file_storage/calls" stores nothing`},
		"failing": {extended(id, &keeptest.Disk{Locked: errors.New("locked")}), `storage: "file_storage/calls" gives no client: locked`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(c *Config) { c.Storage = &id })
			err := b.Start(context.Background(), test.host)
			if test.want != "" {
				assert.ErrorContains(t, err, test.want)
				return
			}
			require.NoError(t, err)
			require.NoError(t, b.Shutdown(context.Background()))
			store := test.host.Extensions[id].(*keeptest.Disk)
			assert.Equal(t, []string{"Receiver " + b.settings.ID.String() + " calls"}, store.Opened)
			assert.Zero(t, store.Open(), "closed")
		})
	}
}

// A listener that cannot be had gives the storage back.
func TestStorageIsClosedWhenTheStartFails(t *testing.T) {
	id := component.MustNewID("file_storage")
	b := newBench(t, func(c *Config) {
		c.Storage = &id
		c.Protocols.Frames.Get().ServerConfig.NetAddr.Endpoint = "256.0.0.1:1"
	})
	store := keeptest.NewDisk()
	require.ErrorContains(t, b.Start(context.Background(), extended(id, store)), "protocols::frames::endpoint")
	assert.Zero(t, store.Open())
}
