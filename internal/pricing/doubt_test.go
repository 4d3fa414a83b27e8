package pricing

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// Names that load and are almost known ones are said; vendors and models of one's own are not.
func TestWarnings(t *testing.T) {
	for name, test := range map[string]struct {
		provider, model string
		want            []string
	}{
		"a vendor with a slip":     {"opnai", "gpt-4o", []string{`overrides: row 1: provider "opnai" is new to the book; the nearest known is "openai"`}},
		"a model with a slip":      {"openai", "gpt-4.o", []string{`overrides: row 1: model "gpt-4.o" is new to openai; the nearest known is "gpt-4o"`}},
		"a letter that is missing": {"openai", "gpt-4o-mni", []string{`overrides: row 1: model "gpt-4o-mni" is new to openai; the nearest known is "gpt-4o-mini"`}},
		"an override":              {"openai", "gpt-4o", nil},
		"the next version":         {"openai", "gpt-5.9", nil},
		"a vendor of one's own":    {"home", "piper", nil},
		"all of one's own":         {"home", "*", []string{`overrides: row 1: usage that names no model does not come to "*"; name a model, and in a price file make it the default`}},
		"the vendor for a model":   {"home", "Home", []string{`overrides: row 1: usage that names no model does not come to "home"; name a model, and in a price file make it the default`}},
	} {
		t.Run(name, func(t *testing.T) {
			book := embedded(t, nil, Overrides("overrides", []Row{{
				Provider: test.provider, Models: []string{test.model}, Usage: "prompt.text", Unit: "token", Price: "1", Per: "1000000",
			}}))
			assert.Equal(t, test.want, book.Warnings())
		})
	}
	assert.Empty(t, embedded(t, nil).Warnings())
}

// What is there but empty does not count.
func TestVersionOfNothing(t *testing.T) {
	plain := embedded(t, nil)
	assert.Equal(t, plain.Version(), embedded(t, map[string]string{}, Overrides("overrides", nil)).Version())
	assert.Equal(t, plain.Version(), embedded(t, nil, Layer{}, Overrides("overrides", []Row{})).Version())
}
