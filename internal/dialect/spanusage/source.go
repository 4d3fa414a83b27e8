package spanusage

import (
	"cmp"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func (s *said) source() frame.Source {
	return frame.Source{
		Stage:    s.stage(),
		Provider: s.provider(),
		Model:    wire.Text(cmp.Or(first(s.answered[:]), first(s.requested[:]))),
	}
}

// counter is who counted, for the gross/net rule: whatever is served by Bedrock is counted alike, and that is told by the
// provider's name alone.
func (s *said) counter(source frame.Source) frame.Source {
	if source.Provider == "aws" && strings.Contains(first(s.providers[:]), "bedrock") {
		source.Processor = "Bedrock"
	}
	return source
}

// asked is the model that was asked for, where it is not the one that answered.
func (s *said) asked() string {
	asked := first(s.requested[:])
	if answered := first(s.answered[:]); answered == "" || answered == asked {
		return ""
	}
	return wire.Text(asked)
}

// provider is who served the request. Whose client it was made with is often told in its place: many serve models by the
// interface of OpenAI, and the server's address says who.
func (s *said) provider() string {
	named := providerNamed(first(s.providers[:]))
	if named == openAI && s.server != "" && s.server != openAIServer {
		return cmp.Or(provider.Of(s.server), openAI)
	}
	return named
}

const (
	openAI       = "openai"
	openAIServer = "api.openai.com"
)

// providerNamed knows the words of the conventions for which a host's way of reading does not do.
func providerNamed(name string) string {
	switch {
	case name == "", name == openAI:
		return name
	case strings.HasPrefix(name, "azure."), strings.HasPrefix(name, "az."): // azure.ai.openai
		return "azure"
	case strings.HasPrefix(name, "gcp."):
		return "google"
	case strings.Contains(name, "bedrock"):
		return "aws"
	}
	return provider.Named(name)
}

// terms are conditions that prices may have. A region is told by who asks AWS, or in the address of OpenAI's regional servers.
func (s *said) terms() frame.Terms {
	terms := frame.Terms{ServiceTier: wire.Text(cmp.Or(s.tier, s.askedTier))}
	if region, isRegional := strings.CutSuffix(s.server, "."+openAIServer); isRegional {
		terms.Region = wire.Text(region)
	} else if s.region != "" && s.provider() == "aws" {
		terms.Region = wire.Text(s.region)
	}
	return terms
}

func isPipecat(scope string) bool { return strings.Contains(scope, "pipecat") }

func first(names []string) string { return cmp.Or(names...) }
