package rollupprocessor

import (
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap/confmaptest"
)

func load(t *testing.T, id string) *Config {
	t.Helper()
	all, err := confmaptest.LoadConf(filepath.Join("testdata", "config.yaml"))
	require.NoError(t, err)
	one, err := all.Sub(id)
	require.NoError(t, err)
	cfg := createDefaultConfig().(*Config)
	require.NoError(t, one.Unmarshal(cfg))
	return cfg
}

func TestDefaultConfig(t *testing.T) {
	cfg := load(t, "rollup")
	require.NoError(t, cfg.Validate())
	require.NoError(t, componenttest.CheckConfigStruct(cfg))
	assert.Equal(t, &Config{
		Metrics:            []string{"voice.*"},
		Interval:           10 * time.Second,
		CallID:             CallIDConfig{Default: CallIDUsage, Linger: 5 * time.Minute, ResendInterval: 60 * time.Second},
		MaxSeries:          500_000,
		StreamTimeout:      time.Hour,
		ObservationTimeout: 3 * time.Minute,
		IdentityTimeout:    15 * time.Minute,
		MaxIdentities:      5_000_000,
		Histograms:         HistogramsExplicit,
		Exemplars:          true,
	}, cfg)
}

func TestWholeConfig(t *testing.T) {
	cfg := load(t, "rollup/all")
	require.NoError(t, cfg.Validate())
	stored := component.MustNewIDWithName("file_storage", "rollup")
	assert.Equal(t, &Config{
		Metrics:  []string{"voice.*", "app.cost"},
		Interval: time.Minute,
		CallID: CallIDConfig{
			Default:        CallIDUsage,
			Keep:           []string{"voice.cost.usd"},
			Drop:           []string{"voice.tts.characters.total"},
			Linger:         10 * time.Minute,
			ResendInterval: 2 * time.Minute,
		},
		MaxSeries:          1000,
		StreamTimeout:      2 * time.Hour,
		ObservationTimeout: 5 * time.Minute,
		IdentityTimeout:    time.Hour,
		MaxIdentities:      1000,
		Histograms:         HistogramsExponential,
		Storage:            &stored,
	}, cfg)
}

func TestConfigErrorsSayWhatToDo(t *testing.T) {
	assert.EqualError(t, load(t, "rollup/nonsense").Validate(), `metrics: got ""; give a metric name, or the start of one followed by a single *
metrics: got "voice.*.total"; give a metric name, or the start of one followed by a single *
metrics: got "**"; give a metric name, or the start of one followed by a single *
interval: got 1ms; give at least 100ms
call_id: got "all"; give label (on all metrics), off (on none), usage, or a map
call_id::linger: got 0s; give at least 1ms
call_id::resend_interval: got 0s; give at least 1ms
stream_timeout: got 1s; give at least 1m0s
observation_timeout: got 0s; give at least 1ms
identity_timeout: got 0s; give at least 1ms
max_series: got 0; give at least 1 (there is no unlimited)
max_identities: got 0; give at least 1 (there is no unlimited)
call_id::keep: got "voice.ttfb.milliseconds", a histogram; a histogram cannot keep call_id, remove it
call_id::keep: got "other.metric", which metrics does not match; add it there or remove it here
call_id::keep: got "voice.llm.tokens.total", which metrics does not match; add it there or remove it here
call_id::drop: got "voice.cost.usd", which has no call_id by default; remove it
histograms: got "native"; give explicit or exponential`)
	assert.EqualError(t, load(t, "rollup/nothing").Validate(), `metrics: got none; name at least one, such as "voice.*"`)
	both := load(t, "rollup")
	both.CallID.Keep, both.CallID.Drop = []string{"voice.llm.tokens.total"}, []string{"voice.llm.tokens.total"}
	assert.EqualError(t, both.Validate(), `call_id::keep: got "voice.llm.tokens.total", which call_id::drop names too; decide for one`)
}

// The names that keep call_id by default are a promise of the contract.
func TestMetricsThatKeepCallIDByDefault(t *testing.T) {
	assert.Equal(t, []string{
		"voice.llm.tokens.total",
		"voice.platform.seconds.total",
		"voice.realtime.session.seconds.total",
		"voice.session.duration.seconds",
		"voice.stt.audio.seconds.total",
		"voice.stt.session.seconds.total",
		"voice.transport.seconds.total",
		"voice.tts.characters.total",
	}, keeping(CallIDConfig{Default: CallIDUsage}))
}

// keeping is the metrics of the contract that keep call_id.
func keeping(cfg CallIDConfig) []string {
	var names []string
	for name, known := range newRules(cfg).known {
		if known.callID {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

func TestCallIDInOneWord(t *testing.T) {
	label := load(t, "rollup/label")
	require.NoError(t, label.Validate())
	assert.Equal(t, CallIDConfig{Default: CallIDLabel, Linger: 5 * time.Minute, ResendInterval: 60 * time.Second}, label.CallID)
	rules := newRules(label.CallID)
	assert.Len(t, keeping(label.CallID), len(contract)-4, "all but the histograms")
	assert.True(t, rules.of("voice.custom").callID, "a metric that nobody knows")

	off := load(t, "rollup/off")
	require.NoError(t, off.Validate())
	assert.Empty(t, keeping(off.CallID))

	but := CallIDConfig{Default: CallIDLabel, Drop: []string{"voice.cost.usd", "voice.custom"}}
	rules = newRules(but)
	assert.NotContains(t, keeping(but), "voice.cost.usd")
	assert.False(t, rules.of("voice.custom").callID)
	only := CallIDConfig{Default: CallIDOff, Keep: []string{"voice.cost.usd"}}
	assert.Equal(t, []string{"voice.cost.usd"}, keeping(only))

	assert.EqualError(t, load(t, "rollup/truth").Validate(), `call_id: got "true"; give label (on all metrics), off (on none), usage, or a map`)
	assert.Equal(t, CallIDUsage, load(t, "rollup/null").CallID.Default)
}
