//go:build interop

package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

// The tests here run what bots run: the published Python packages. `make interop` installs them, and says where by
// pythonVariable.
const pythonVariable = "OTELCOL_VOICE_PYTHON"

// python runs a script of scripts/interop with the variables set beside those of this process.
func python(t *testing.T, env map[string]string, script string, arguments ...string) {
	t.Helper()
	interpreter := os.Getenv(pythonVariable)
	require.NotEmpty(t, interpreter, "no Python: run `make interop`")
	script = filepath.Join(collector.Repository(t), "scripts/interop", script)
	command := exec.CommandContext(t.Context(), interpreter, append([]string{script}, arguments...)...)
	command.Env = os.Environ()
	for name, value := range env {
		command.Env = append(command.Env, name+"="+value)
	}
	output, err := command.CombinedOutput()
	require.NoError(t, err, "%s", output)
}

// truth is what scripts/interop/calls.py reports.
type truth struct {
	Calls []struct {
		ID       string    `json:"call_id"`
		Measured []latency `json:"measured"`
		Tracked  []struct {
			Number      int
			Interrupted bool
		} `json:"tracked"`
	} `json:"calls"`
	Expected struct {
		Prompt, Completion, Cached, Reasoning             float64
		Requests, Turns, Tools, Interruptions, Characters float64
		AudioSeconds                                      float64 `json:"audio_seconds"`
	} `json:"expected"`
	Said []string // what must not leave
}

// latency is one that Pipecat has measured. Its kind is ttfb, processing or turn.
type latency struct {
	Kind, Stage string
	Seconds     float64
}

// seconds is what the framework has measured of one kind, by stage: how often, and in all.
func (tr truth) seconds(kind string) (counts, sums backend.Vector) {
	counts, sums = backend.Vector{}, backend.Vector{}
	for _, call := range tr.Calls {
		for _, measured := range call.Measured {
			if measured.Kind == kind {
				by := backend.Labels("stage", measured.Stage)
				counts[by]++
				sums[by] += measured.Seconds
			}
		}
	}
	return counts, sums
}

const interopCalls = 20

// clockSetBack is what rollup says where the machine's clock was; a run takes long enough to see that.
const clockSetBack = "the clock is behind the points"

func readTruth(t *testing.T, report string) (tr truth) {
	t.Helper()
	text, err := os.ReadFile(report)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &tr))
	return tr
}

// Twenty calls of a real Pipecat bot come to the same numbers whichever way it tells of them, and these are what its script says
// that it used and what Pipecat has measured.
func TestInteropPipecat(t *testing.T) {
	ways := map[string]*interopWay{}
	for _, way := range []string{"frames", "spans", "metrics"} {
		ways[way] = startInteropWay(t, quick)
	}
	report := filepath.Join(t.TempDir(), "report.json")
	python(t, map[string]string{
		"VOICE_FRAMES_URL":                    ways["frames"].collector.URL(4319, "/v1/frames"),
		"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT":  ways["spans"].collector.URL(otlpPort, "/v1/traces"),
		"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": ways["metrics"].collector.URL(otlpPort, "/v1/metrics"),
	}, "calls.py", strconv.Itoa(interopCalls), report, "frames", "spans", "metrics")
	tr := readTruth(t, report)
	require.Len(t, tr.Calls, interopCalls)

	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			way.await(tr, name != "metrics")
			way.collector.Stop(clockSetBack)
			way.assertUse(t, tr)
			assert.Equal(t, float64(interopCalls), way.value("sum(voice_calls_total)"))
			way.assertSilent(t, tr)
			way.assertLatency(t, tr, "voice_ttfb_milliseconds", "ttfb", exactly)
			if name != "spans" {
				way.assertLatency(t, tr, "voice_processing_milliseconds", "processing", exactly)
			}
			if name != "metrics" {
				way.assertConversation(t, tr)
				way.assertLatency(t, tr, "voice_turn_latency_milliseconds", "turn", observed)
			}
			if name == "frames" {
				tools := way.value(`sum(voice_tool_calls_total{function_name="book_table",outcome="completed"})`)
				assert.Equal(t, interopCalls*tr.Expected.Tools, tools)
				assert.Equal(t, float64(interopCalls), way.value(`sum(voice_call_duration_seconds_count{end_reason="hangup"})`))
			}
			way.showOnFailure(t)
		})
	}
}

// interopWay is a collector of its own for one way of telling, so that nothing counts twice.
type interopWay struct {
	backend   *backend.Backend
	collector *collector.Collector
}

func startInteropWay(t *testing.T, overlay string) *interopWay {
	t.Helper()
	b := backend.Start(t)
	return &interopWay{b, collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: overlay})}
}

func (w *interopWay) value(query string) float64 {
	value, _ := w.backend.Value(query, time.Now())
	return value
}

// await waits for what comes last.
func (w *interopWay) await(tr truth, ends bool) {
	calls, used := float64(len(tr.Calls)), tr.Expected
	w.backend.Await(func() bool {
		return (!ends || w.value("sum(voice_call_duration_seconds_count)") == calls) && w.value("sum(voice_tts_characters_total)") == calls*used.Characters && w.value("sum(voice_calls_total)") == calls &&
			w.value("sum(voice_llm_tokens_total)") == calls*(used.Prompt+used.Completion)
	})
}

// What the models of the bot cost, in dollars.
const (
	gpt4oPrompt, gpt4oCached, gpt4oCompletion = 2.5 / 1e6, 1.25 / 1e6, 10 / 1e6
	sonicCharacter                            = 50 / 1e6
	nova3Second                               = 0.0048 / 60
)

// assertUse compares with the script, by call where the metric says it.
func (w *interopWay) assertUse(t *testing.T, tr truth) {
	t.Helper()
	used := tr.Expected
	for query, one := range map[string]float64{
		`sum by (call_id) (voice_llm_tokens_total{token_type="prompt",token_kind="text"})`:          used.Prompt - used.Cached,
		`sum by (call_id) (voice_llm_tokens_total{token_type="prompt",token_kind="cache_read"})`:    used.Cached,
		`sum by (call_id) (voice_llm_tokens_total{token_type="completion",token_kind="text"})`:      used.Completion - used.Reasoning,
		`sum by (call_id) (voice_llm_tokens_total{token_type="completion",token_kind="reasoning"})`: used.Reasoning,
		`sum by (call_id) (voice_llm_tokens_total)`:                                                 used.Prompt + used.Completion,
		`sum by (call_id) (voice_tts_characters_total)`:                                             used.Characters,
		`sum by (call_id) (voice_stt_audio_seconds_total)`:                                          used.AudioSeconds,
	} {
		want := backend.Vector{}
		for _, call := range tr.Calls {
			if one > 0 {
				want[backend.Labels("call_id", call.ID)] = one
			}
		}
		assertVector(t, want, w.backend.Query(query, time.Now()), query)
	}
	w.assertCost(t, tr)
}

func (w *interopWay) assertCost(t *testing.T, tr truth) {
	t.Helper()
	calls, used := float64(len(tr.Calls)), tr.Expected
	llm := (used.Prompt-used.Cached)*gpt4oPrompt + used.Cached*gpt4oCached + used.Completion*gpt4oCompletion
	for query, want := range map[string]float64{
		`sum(voice_cost_usd_total{cost_type="llm",provider="openai",cost_source="computed"})`:   calls * llm,
		`sum(voice_cost_usd_total{cost_type="tts",provider="cartesia",cost_source="computed"})`: calls * used.Characters * sonicCharacter,
		`sum(voice_cost_usd_total{cost_type="stt",provider="deepgram",cost_source="computed"})`: calls * used.AudioSeconds * nova3Second,
		`sum(voice_cost_usd_total)`:            calls * (llm + used.Characters*sonicCharacter + used.AudioSeconds*nova3Second),
		`sum(voice_cost_unpriced_usage_total)`: 0,
	} {
		assert.True(t, near(want, w.value(query)), "%s is %v, want %v", query, w.value(query), want)
	}
}

// How far, in milliseconds on average, a latency may be from what the framework has measured: not at all where its own number
// is sent, a little where both observe the same frames one after the other.
const (
	exactly  = 1e-6
	observed = 20
)

// assertLatency compares with what the framework has measured: as often, and as long.
func (w *interopWay) assertLatency(t *testing.T, tr truth, metric, kind string, apart float64) {
	t.Helper()
	counts, sums := tr.seconds(kind)
	got := w.backend.Query("sum by (stage) ("+metric+"_count)", time.Now())
	assertVector(t, counts, got, metric+"_count")
	for by, sum := range w.backend.Query("sum by (stage) ("+metric+"_sum)", time.Now()) {
		assert.InDelta(t, 1000*sums[by]/counts[by], sum/got[by], apart, "%s of %s", metric, by)
	}
}

// assertSilent looks for what was said in spans and logs: bots put it into theirs.
func (w *interopWay) assertSilent(t *testing.T, tr truth) {
	t.Helper()
	var left []byte
	for _, traces := range w.backend.Traces() {
		text, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		require.NoError(t, err)
		left = append(left, text...)
	}
	for _, logs := range w.backend.Logs() {
		text, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
		require.NoError(t, err)
		left = append(left, text...)
	}
	require.NotEmpty(t, tr.Said)
	for _, words := range tr.Said {
		if at := bytes.Index(left, []byte(words)); at >= 0 {
			assert.Fail(t, "what was said has left", "…%s…", left[max(0, at-200):min(len(left), at+len(words)+20)])
		}
	}
}

// showOnFailure logs what came of each call.
func (w *interopWay) showOnFailure(t *testing.T) {
	t.Helper()
	if !t.Failed() {
		return
	}
	for _, logs := range w.backend.Logs() {
		for _, resource := range logs.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					t.Log(record.Attributes().AsRaw())
				}
			}
		}
	}
}

// assertConversation compares with what the framework's own tracker of turns has counted. It calls the last turn interrupted when
// the call ends; nobody did.
func (w *interopWay) assertConversation(t *testing.T, tr truth) {
	t.Helper()
	var turns, interruptions float64
	for _, call := range tr.Calls {
		for _, turn := range call.Tracked {
			turns++
			if turn.Interrupted && turn.Number < len(call.Tracked) {
				interruptions++
			}
		}
	}
	for query, want := range map[string]float64{
		`sum(voice_turns_total)`:                 turns,
		`sum(voice_interruptions_total)`:         interruptions,
		`sum(voice_calls_total)`:                 float64(len(tr.Calls)),
		`sum(voice_errors_total)`:                0,
		`sum(voice_call_duration_seconds_count)`: float64(len(tr.Calls)),
	} {
		assert.Equal(t, want, w.value(query), query)
	}
}
