package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// killsVariable says how often TestKilledOften kills the collector; `make soak` sets more.
const killsVariable = "OTELCOL_VOICE_KILLS"

// durable lets rollup, too, go on after a kill.
const durable = `{processors: {rollup: {interval: 200ms, storage: file_storage}}}`

// However often and whenever the collector is killed, also while the backend is away for a third of the time, calls go on: of bots
// that send until they are answered, all totals are what was sent, and each call's summary is the truth.
func TestKilledOften(t *testing.T) {
	kills := 5
	if text, set := os.LookupEnv(killsVariable); set {
		var err error
		kills, err = strconv.Atoi(text)
		require.NoError(t, err, killsVariable)
	}
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: durable})
	bots := startBots(t, c, 10*kills)
	moment := rand.New(rand.NewPCG(1, 2))
	for kill := range kills {
		if kill%3 == 1 {
			b.Refuse()
		}
		for range 1 + moment.IntN(30) {
			<-bots.answered
		}
		c.Kill()
		c.Start()
		if kill%3 == 1 {
			b.Accept()
		}
	}
	bots.wait()
	awaitTotals(t, b, bots.calls)
	require.True(t, b.Await(func() bool { return len(summaries(b)) == bots.calls }), "a summary for each call")
	for call, records := range summaries(b) {
		for _, attributes := range records {
			assertSummary(t, attributes, call)
		}
	}
	c.Stop("the clock is behind the points", // rollup waits where a hundred starts come faster than its points may
		gatewayAway, gatewayUnreached, stoppedWaiting)
	awaitTotals(t, b, bots.calls)
	instances := b.Query("count(count by (instance) (last_over_time(voice_calls_total[1d])))", time.Now())
	assertVector(t, backend.Vector{"{}": 1}, instances, "instances")
}

// awaitTotals waits until the backend has what the five lines of that many calls come to, and no more. The series of a call may
// have ended long ago, those of the rest are the same from the first start to the last.
func awaitTotals(t *testing.T, b *backend.Backend, calls int) {
	t.Helper()
	n := float64(calls)
	totals := map[string]float64{
		"sum(voice_calls_total)":                                                 n,
		"sum(voice_cost_usd_total)":                                              n * (0.001855 + 0.0024 + 74.2*0.75/3600),
		"sum(voice_ttfb_milliseconds_sum)":                                       n * 602,
		"sum(voice_ttfb_milliseconds_count)":                                     n * 2,
		"sum(voice_processing_milliseconds_sum)":                                 n * 1310,
		"sum(voice_call_duration_seconds_sum)":                                   n * 74.2,
		"sum(voice_call_duration_seconds_count)":                                 n,
		"sum(last_over_time(voice_llm_tokens_total[1d]))":                        n * (146 + 896 + 37),
		"sum(last_over_time(voice_tts_characters_total[1d]))":                    n * 48,
		"sum(last_over_time(voice_stt_session_seconds_total[1d]))":               n * 74.2,
		"sum(last_over_time(voice_session_duration_seconds[1d]))":                n * 74.2,
		"count(count by (call_id) (last_over_time(voice_llm_tokens_total[1d])))": n,
	}
	b.Await(func() bool { return len(wrong(b, totals)) == 0 })
	assert.Empty(t, wrong(b, totals))
}

func wrong(b *backend.Backend, totals map[string]float64) []string {
	var all []string
	for query, want := range totals {
		if got, _ := b.Value(query, time.Now()); !near(want, got) {
			all = append(all, fmt.Sprintf("%s is %v, want %v", query, got, want))
		}
	}
	return all
}

func assertSummary(t *testing.T, attributes map[string]any, call string) {
	assert.Equal(t, 74.2, attributes["duration_seconds"], call)
	assert.Equal(t, "hangup", attributes["end_reason"], call)
	assert.Equal(t, map[string]any{
		"prompt.text": int64(146), "prompt.cache_read": int64(896), "completion.text": int64(37),
	}, attributes["tokens"], call)
	assert.Equal(t, int64(48), attributes["characters"], call)
	assert.InDelta(t, 0.001855+0.0024+74.2*0.75/3600, attributes["cost_usd"], 1e-12, call)
}

// bots send the five lines of calls, line by line, each until it is answered 200.
type bots struct {
	calls    int
	answered chan struct{} // a line was
	sending  sync.WaitGroup
}

func startBots(t *testing.T, c *collector.Collector, calls int) *bots {
	b := &bots{calls: calls, answered: make(chan struct{}, calls*5)}
	url := c.URL(4319, "/v1/frames")
	for i := range calls {
		b.sending.Go(func() {
			for line := range strings.Lines(strings.TrimSpace(fiveLines)) {
				line = strings.ReplaceAll(line, fiveLinesCall, fmt.Sprintf("call-%d", i))
				for t.Context().Err() == nil && !taken(url, line) {
				}
				b.answered <- struct{}{}
			}
		})
	}
	return b
}

func (b *bots) wait() { b.sending.Wait() }

func taken(url, line string) bool {
	response, err := http.Post(url, "application/json", bytes.NewReader([]byte(line)))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}

// summaries are what the backend has of each call. One that a crash made come twice is there twice.
func summaries(b *backend.Backend) map[string][]map[string]any {
	all := map[string][]map[string]any{}
	for _, logs := range b.Logs() {
		for _, resource := range logs.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					attributes := record.Attributes().AsRaw()
					call := attributes["call_id"].(string)
					all[call] = append(all[call], attributes)
				}
			}
		}
	}
	return all
}
