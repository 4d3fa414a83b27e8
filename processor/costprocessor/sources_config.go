package costprocessor

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-voice/otelcol-voice/internal/foreign"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// Sources are usage metrics of others that are priced, by name: that of a family that is known, or of a metric that says
// what it counts.
type Sources map[string]SourceConfig

// SourceConfig says what is priced of a source, and what the points of a metric count that is not known.
type SourceConfig struct {
	// Stages are the only ones that are priced; none: all.
	Stages []string `mapstructure:"stages"`
	// ProviderAttributes and ModelAttributes are where points say who bills and for what; the first that is there holds.
	ProviderAttributes []string `mapstructure:"provider_attributes"`
	ModelAttributes    []string `mapstructure:"model_attributes"`
	// Provider and Model hold for points that do not say.
	Provider string `mapstructure:"provider"`
	Model    string `mapstructure:"model"`

	// Usage is the kind of usage that every point of the metric counts.
	Usage string `mapstructure:"usage"`
	// KindAttribute is the attribute that says what a point counts, and Kinds the kind of usage by its value.
	KindAttribute string            `mapstructure:"kind_attribute"`
	Kinds         map[string]string `mapstructure:"kinds"`
	// Gross says that all other kinds are also contained in prompt.text and completion.text.
	Gross bool `mapstructure:"gross"`

	off bool // by name: then nobody needs to be told that it is

	_ struct{}
}

// Unmarshal also takes true for a source without anything to say, and false for none.
func (s *Sources) Unmarshal(conf *confmap.Conf) error {
	entries, off := map[string]any{}, Sources{}
	for name, value := range conf.ToStringMap() {
		switch value := value.(type) {
		case bool:
			if !value {
				off[name] = SourceConfig{off: true}
				continue
			}
			entries[name] = map[string]any{}
		case nil:
			entries[name] = map[string]any{}
		case map[string]any:
			entries[name] = value
		default:
			return fmt.Errorf("sources: %q is %v; write true, or what its points count", name, value)
		}
	}
	if err := confmap.NewFromStringMap(entries).Unmarshal((*map[string]SourceConfig)(s)); err != nil || len(off) == 0 {
		return err
	}
	maps.Copy(off, *s)
	*s = off
	return nil
}

func (c *Config) validateSources() error {
	_, err := c.Sources.feeds()
	return err
}

// feeds are the metrics that are priced, by name.
func (s Sources) feeds() (map[string]*feed, error) {
	feeds := map[string]*feed{}
	var errs []error
	for _, name := range slices.Sorted(maps.Keys(s)) {
		if s[name].off {
			continue
		}
		family, err := s.family(name)
		if err != nil {
			errs = append(errs, fmt.Errorf("sources: %q %w", name, err))
			continue
		}
		for metric, what := range family.Metrics {
			if other := feeds[metric]; other != nil {
				errs = append(errs, fmt.Errorf("sources: %q and %q both are about %s; remove one", other.family.Name, name, metric))
			}
			feeds[metric] = &feed{family: family, metric: what}
		}
	}
	return feeds, errors.Join(errs...)
}

func (s Sources) family(name string) (*foreign.Family, error) {
	cfg := s[name]
	family, known := foreign.Known()[name]
	_, ours := meters[name]
	switch {
	case name == "" || ours:
		return nil, errors.New("is priced as it is; remove it")
	case known && !cfg.defines():
	case known && len(family.Metrics) > 1:
		return nil, errors.New("is several metrics, which are known; remove usage, kind_attribute, kinds and gross")
	case !cfg.defines():
		return nil, unknownSource(name)
	default:
		var err error
		if family, err = cfg.define(name); err != nil {
			return nil, err
		}
	}
	return family, cfg.adjust(family)
}

// unknownSource says what to write instead.
func unknownSource(name string) error {
	known := slices.Sorted(maps.Keys(foreign.Known()))
	for _, family := range known {
		if strings.HasPrefix(name, family+".") {
			return fmt.Errorf("belongs to %s, whose metrics contain each other and are priced together; name that (stages narrows it)", family)
		}
	}
	return fmt.Errorf("is not a source that is known (%s); say what its points count, with usage, or with kind_attribute and kinds",
		strings.Join(known, ", "))
}

// defines says whether the entry tells what points count.
func (c *SourceConfig) defines() bool {
	return c.Usage != "" || c.KindAttribute != "" || len(c.Kinds) > 0 || c.Gross
}

func (c *SourceConfig) define(name string) (*foreign.Family, error) {
	metric, err := c.metric()
	return &foreign.Family{
		Name: name, Metrics: map[string]foreign.Metric{name: metric}, TypeKey: c.KindAttribute,
		ProviderKeys: []string{"provider", "gen_ai.provider.name"}, ModelKeys: []string{"model", "gen_ai.request.model"},
	}, err
}

func (c *SourceConfig) metric() (foreign.Metric, error) {
	byAttribute := c.KindAttribute != "" || len(c.Kinds) > 0 || c.Gross
	switch {
	case c.Usage != "" && byAttribute:
		return foreign.Metric{}, errors.New("has usage beside kind_attribute, kinds or gross; usage is for points that all count one kind")
	case c.Usage != "":
		kind, err := kindOf("usage", c.Usage)
		return foreign.Metric{Meaning: foreign.KindMeaning(kind, false)}, err
	case c.KindAttribute == "" || len(c.Kinds) == 0:
		return foreign.Metric{}, errors.New("needs both kind_attribute and kinds: the attribute, and a kind of usage for each of its values")
	}
	words := map[string]foreign.Meaning{}
	told := map[pricing.Kind]bool{}
	var errs []error
	for _, word := range slices.Sorted(maps.Keys(c.Kinds)) {
		kind, err := kindOf("kinds::"+word, c.Kinds[word])
		if c.Gross && told[kind] {
			err = cmp.Or(err, fmt.Errorf("is gross and has two kinds %s; which of them contains the others is open, so each may be there once", kind))
		}
		told[kind] = true
		words[word], errs = foreign.KindMeaning(kind, c.Gross), append(errs, err)
	}
	return foreign.Metric{Words: words}, errors.Join(errs...)
}

func kindOf(key, name string) (pricing.Kind, error) {
	kind, known := pricing.KindNamed(name)
	if !known {
		return kind, fmt.Errorf("has %s %q, which is not a kind of usage; it must be one of %s",
			key, name, strings.Join(pricing.KindNames(), ", "))
	}
	return kind, nil
}

// adjust applies what may be said of any source.
func (c *SourceConfig) adjust(f *foreign.Family) error {
	for _, stage := range c.Stages {
		if !slices.Contains(pricing.Stages, stage) {
			return fmt.Errorf("has stage %q; it must be one of %s", stage, strings.Join(pricing.Stages, ", "))
		}
	}
	if slices.Contains(c.ProviderAttributes, "") || slices.Contains(c.ModelAttributes, "") {
		return errors.New("has an empty name in provider_attributes or model_attributes; remove it")
	}
	f.Stages, f.Provider, f.Model = c.Stages, c.Provider, c.Model
	if len(c.ProviderAttributes) > 0 {
		f.ProviderKeys = c.ProviderAttributes
	}
	if len(c.ModelAttributes) > 0 {
		f.ModelKeys = c.ModelAttributes
	}
	return nil
}
