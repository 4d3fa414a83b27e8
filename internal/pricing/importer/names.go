package importer

import (
	"strings"
	"sync"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// otherNames are names that catalogues have for vendors and that the book does not have.
var otherNames = map[string]string{
	"amazon-bedrock": "aws", "amazon-nova": "aws", "amazon_nova": "aws", "aws_polly": "aws", "bedrock_converse": "aws", "bedrock_mantle": "aws",
	"transcribe": "aws",
	"azure_ai":   "azure", "azure_text": "azure", "azure-cognitive-services": "azure", "microsoft azure": "azure",
	"codestral": "mistral", "text-completion-codestral": "mistral",
	"cohere_chat":  "cohere",
	"fireworks-ai": "fireworks", "fireworks_ai": "fireworks", "fireworks_ai-embedding-models": "fireworks",
	"google cloud": "google", "google-vertex": "google", "google-vertex-anthropic": "google",
	"moonshot": "moonshotai", "rev.ai": "rev", "smallest.ai": "smallest", "text-completion-openai": "openai",
	"together-ai": "together", "together_ai": "together", "togetherai": "together", "x.ai": "xai",
}

// knowledge is what the book that comes with the program says: how vendors are called, and what has a price.
type knowledge struct {
	names map[string]string // vendor by name and alias
	book  *pricing.Book
}

var embedded = sync.OnceValues(func() (*knowledge, error) {
	layer, err := pricing.Embedded()
	if err != nil {
		return nil, err
	}
	return newKnowledge(layer)
})

func newKnowledge(layer pricing.Layer) (*knowledge, error) {
	k := &knowledge{names: map[string]string{}}
	for _, file := range layer {
		for _, name := range append(file.ProviderAliases, file.Provider) {
			k.names[fold(name)] = fold(file.Provider)
		}
	}
	var err error
	k.book, err = pricing.NewBook(pricing.Settings{}, layer)
	return k, err
}

// canonical is a vendor's name in the book, or the name itself for one that the book does not have.
func (k *knowledge) canonical(name string) string {
	name = fold(name)
	if strings.HasPrefix(name, "vertex_ai-") {
		name = "google"
	}
	if other, has := otherNames[name]; has {
		name = other
	}
	if vendor, has := k.names[name]; has {
		return vendor
	}
	return name
}

// has says whether the book has the vendor.
func (k *knowledge) has(vendor string) bool { return k.names[vendor] == vendor }

// prices says whether the book has a price of a kind for a model, now or at another time.
func (k *knowledge) prices(vendor, model string, kind pricing.Kind) bool {
	return k.answers(vendor, model, kind, pricing.Priced) || k.answers(vendor, model, kind, pricing.Expired)
}

// billsOther says whether the book knows that a model is billed in another quantity than a kind: by the time that speech
// recognition is open, not by the speech in it; by the tokens of speech, not by its characters. A price for both would bill
// the same use twice.
func (k *knowledge) billsOther(vendor, model string, kind pricing.Kind) bool {
	return !k.prices(vendor, model, kind) && k.answers(vendor, model, kind, pricing.UnitMismatch)
}

// answers says whether the book's answer to a usage long ago, or in the far future, is for one reason.
func (k *knowledge) answers(vendor, model string, kind pricing.Kind, reason pricing.Reason) bool {
	if k.book == nil {
		return false
	}
	usage := pricing.Usage{Provider: vendor, Model: model, Kind: kind}
	for _, year := range []int{1970, 2100} {
		usage.At = time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)
		if k.book.Price(&usage).Reason == reason {
			return true
		}
	}
	return false
}

// fold makes names comparable.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
