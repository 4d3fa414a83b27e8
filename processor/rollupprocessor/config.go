package rollupprocessor

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
)

// Config of the rollup processor.
type Config struct {
	// Metrics are the names of the metrics to roll up. A trailing * stands for any ending; all others pass untouched.
	Metrics []string `mapstructure:"metrics"`
	// Interval between flushes. Each sends at most one point per series, beside its zero point.
	Interval time.Duration `mapstructure:"interval"`
	// CallID says which metrics have a series per call, and how long those live.
	CallID CallIDConfig `mapstructure:"call_id"`
	// MaxSeries is how many output series, and how many cumulative input streams, are held. Beyond it, points of new
	// series are folded into otel.metric.overflow=true, one series per metric and service, of which 10,000 more are held.
	MaxSeries int `mapstructure:"max_series"`
	// StreamTimeout is how long a producer of cumulative values may be silent before it is forgotten.
	StreamTimeout time.Duration `mapstructure:"stream_timeout"`
	// ObservationTimeout is how long the last value of a non-monotonic cumulative stream counts.
	ObservationTimeout time.Duration `mapstructure:"observation_timeout"`
	// IdentityTimeout is how long after the last point of a call that was counted its points are known when they come again,
	// and its series go on from where they were.
	IdentityTimeout time.Duration `mapstructure:"identity_timeout"`
	// MaxIdentities is how many points are known when they come again. Beyond it, those of the calls that were silent for
	// longest are forgotten.
	MaxIdentities int `mapstructure:"max_identities"`
	// Histograms is what histograms leave as, whatever they come as.
	Histograms HistogramKind `mapstructure:"histograms"`
	// Exemplars says that each series of histograms shows the slowest observation since the last flush, with its call and trace.
	Exemplars bool `mapstructure:"exemplars"`
	// Storage is the storage extension that keeps what was counted over a restart. Without one it is in memory.
	Storage *component.ID `mapstructure:"storage"`

	_ struct{}
}

// CallIDConfig says which metrics keep call_id and how series with it live. In a configuration it may be its Default alone.
type CallIDConfig struct {
	// Default says which metrics keep call_id that Keep and Drop do not name. Histograms cannot.
	Default CallIDDefault `mapstructure:"default"`
	// Keep names metrics that keep call_id beside those that do so by default.
	Keep []string `mapstructure:"keep"`
	// Drop names metrics that keep call_id by default and shall not.
	Drop []string `mapstructure:"drop"`
	// Linger is how long the series of a call live after the last change of any of them.
	Linger time.Duration `mapstructure:"linger"`
	// ResendInterval is how often a series of a call is sent while it does not change.
	ResendInterval time.Duration `mapstructure:"resend_interval"`

	_ struct{}
}

// CallIDDefault is which metrics keep call_id.
type CallIDDefault string

// The defaults. Usage keeps it on what calls use, where the contract has it: on tokens, characters and seconds.
const (
	CallIDUsage CallIDDefault = "usage"
	CallIDLabel CallIDDefault = "label" // on all metrics
	CallIDOff   CallIDDefault = "off"   // on none
)

// HistogramKind is what histograms leave as.
type HistogramKind string

// The kinds of histograms.
const (
	HistogramsExplicit    HistogramKind = "explicit"    // buckets with bounds, and so _bucket, _sum and _count at a backend
	HistogramsExponential HistogramKind = "exponential" // native histograms at a backend
)

// minInterval keeps flushes apart by more than the milliseconds that a backend tells apart.
const minInterval = 100 * time.Millisecond

func createDefaultConfig() component.Config {
	return &Config{
		Metrics:            []string{"voice.*"},
		Interval:           10 * time.Second,
		CallID:             CallIDConfig{Default: CallIDUsage, Linger: 5 * time.Minute, ResendInterval: time.Minute},
		MaxSeries:          500_000,
		StreamTimeout:      time.Hour,
		ObservationTimeout: 3 * time.Minute,
		IdentityTimeout:    15 * time.Minute,
		MaxIdentities:      5_000_000,
		Histograms:         HistogramsExplicit,
		Exemplars:          true,
	}
}

// Unmarshal also takes a call_id that is its default alone.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	const key = "call_id"
	if _, whole := conf.Get(key).(map[string]any); conf.IsSet(key) && conf.Get(key) != nil && !whole {
		values := conf.ToStringMap()
		values[key] = map[string]any{"default": fmt.Sprint(values[key])}
		conf = confmap.NewFromStringMap(values)
	}
	return conf.Unmarshal(c)
}

// Validate returns all that is wrong, each with its key, the value and what to do.
func (c *Config) Validate() error {
	return errors.Join(
		c.validateMetrics(),
		atLeast("interval", c.Interval, minInterval),
		c.validateCallID(),
		atLeast("call_id::linger", c.CallID.Linger, c.Interval),
		atLeast("call_id::resend_interval", c.CallID.ResendInterval, c.Interval),
		atLeast("stream_timeout", c.StreamTimeout, time.Minute),
		atLeast("observation_timeout", c.ObservationTimeout, c.Interval),
		atLeast("identity_timeout", c.IdentityTimeout, c.Interval),
		limited("max_series", c.MaxSeries),
		limited("max_identities", c.MaxIdentities),
		c.validateKeep(),
		c.validateDrop(),
		c.validateHistograms(),
	)
}

func (c *Config) validateMetrics() error {
	if len(c.Metrics) == 0 {
		return errors.New(`metrics: got none; name at least one, such as "voice.*"`)
	}
	var errs []error
	for _, name := range c.Metrics {
		if name == "" || strings.Contains(strings.TrimSuffix(name, "*"), "*") {
			errs = append(errs, fmt.Errorf("metrics: got %q; give a metric name, or the start of one followed by a single *", name))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) validateCallID() error {
	switch c.CallID.Default {
	case CallIDUsage, CallIDLabel, CallIDOff:
		return nil
	default:
		return fmt.Errorf("call_id: got %q; give label (on all metrics), off (on none), usage, or a map", c.CallID.Default)
	}
}

func (c *Config) validateKeep() error {
	var errs []error
	ours := newMatcher(c.Metrics)
	for _, name := range c.CallID.Keep {
		switch {
		case contract[name].isHistogram():
			errs = append(errs, fmt.Errorf("call_id::keep: got %q, a histogram; a histogram cannot keep call_id, remove it", name))
		case !ours.matches(name):
			errs = append(errs, fmt.Errorf("call_id::keep: got %q, which metrics does not match; add it there or remove it here", name))
		case slices.Contains(c.CallID.Drop, name):
			errs = append(errs, fmt.Errorf("call_id::keep: got %q, which call_id::drop names too; decide for one", name))
		}
	}
	return errors.Join(errs...)
}

func (c *Config) validateDrop() error {
	var errs []error
	for _, name := range c.CallID.Drop {
		if !c.CallID.Default.keeps(name) {
			errs = append(errs, fmt.Errorf("call_id::drop: got %q, which has no call_id by default; remove it", name))
		}
	}
	return errors.Join(errs...)
}

func atLeast(key string, got, least time.Duration) error {
	if got < least {
		return fmt.Errorf("%s: got %s; give at least %s", key, got, least)
	}
	return nil
}

func limited(key string, got int) error {
	if got < 1 {
		return fmt.Errorf("%s: got %d; give at least 1 (there is no unlimited)", key, got)
	}
	return nil
}

func (c *Config) validateHistograms() error {
	switch c.Histograms {
	case HistogramsExplicit, HistogramsExponential:
		return nil
	default:
		return fmt.Errorf("histograms: got %q; give explicit or exponential", c.Histograms)
	}
}
