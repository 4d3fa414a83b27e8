package spanusage

import (
	"cmp"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// describe says of a usage who did it, and on what terms.
func (s *said) describe(u *Usage) {
	u.Source.Stage = s.stage()
	u.Source.Provider = s.provider()
	u.Source.Model = wire.Text(first(s.requested[:]))
	if answered := first(s.answered[:]); answered != "" && answered != u.Source.Model {
		u.Source.Model, u.Asked = wire.Text(answered), u.Source.Model
	}
	u.Terms = s.terms(u.Source.Provider)
	u.Alone = s.alone
}

// counter is who counted, for the gross/net rule: whatever is served by Bedrock is counted alike, and that is told by the
// provider's name alone.
func (s *said) counter(source frame.Source) frame.Source {
	if source.Provider == "aws" && strings.Contains(first(s.providers[:]), "bedrock") {
		source.Processor = "Bedrock"
	}
	return source
}

// provider is who served the request. Whose client it was made with is often told in its place: many serve models by the
// interface of OpenAI, and the server's address says who.
func (s *said) provider() string {
	named := provider.Conventional(first(s.providers[:]))
	if named == openAI && s.server != "" && s.server != openAIServer {
		return cmp.Or(provider.Of(s.server), openAI)
	}
	return named
}

const (
	openAI       = "openai"
	openAIServer = "api.openai.com"
)

// terms are conditions that prices may have. A region is told by who asks AWS, or in the address of OpenAI's regional servers.
func (s *said) terms(provider string) frame.Terms {
	var terms frame.Terms
	if tier := cmp.Or(s.tier, s.askedTier); tier != "default" && tier != "auto" { // none in particular
		terms.ServiceTier = wire.Text(tier)
	}
	if region, isRegional := strings.CutSuffix(s.server, "."+openAIServer); isRegional {
		terms.Region = wire.Text(region)
	} else if s.region != "" && provider == "aws" {
		terms.Region = wire.Text(s.region)
	}
	return terms
}

func isPipecat(scope string) bool { return strings.Contains(scope, "pipecat") }

func first(names []string) string {
	for _, name := range names {
		if name != "" {
			return name
		}
	}
	return ""
}
