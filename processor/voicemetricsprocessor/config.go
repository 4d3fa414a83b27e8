package voicemetricsprocessor

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
)

// Config of the voice metrics processor. With nothing in From and Repair it would do nothing, which is an error.
type Config struct {
	// From names the frameworks whose metrics are translated.
	From []string `mapstructure:"from"`
	// Repair names the bots whose voice metrics are wrong and made right.
	Repair []string `mapstructure:"repair"`
	// KeepOriginals passes on what was translated as well, marked so that the cost processor does not price it again.
	KeepOriginals bool `mapstructure:"keep_originals"`

	_ struct{}
}

// What From and Repair may name.
const (
	fromLiveKit = "lk.agents"
	fromGenAI   = "gen_ai.client"
	repairRAG   = "voice-rag"
)

func createDefaultConfig() component.Config { return &Config{} }

// Validate returns all that is wrong, each with its key, the value and what to do.
func (c *Config) Validate() error {
	if len(c.From) == 0 && len(c.Repair) == 0 {
		return errors.New("from, repair: both are empty, so there is nothing to do; name something in one of them, or remove the processor")
	}
	return errors.Join(
		validateNames("from", c.From, slices.Sorted(maps.Keys(sources))),
		validateNames("repair", c.Repair, []string{repairRAG}),
	)
}

func validateNames(key string, names, known []string) error {
	var errs []error
	for i, name := range names {
		switch {
		case !slices.Contains(known, name):
			errs = append(errs, fmt.Errorf("%s: got %q; must be one of %s", key, name, strings.Join(known, ", ")))
		case slices.Contains(names[:i], name):
			errs = append(errs, fmt.Errorf("%s: has %q twice; remove one", key, name))
		}
	}
	return errors.Join(errs...)
}
