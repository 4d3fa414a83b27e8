package costprocessor

import (
	"cmp"
	"fmt"
	"strings"
	"sync"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// maxUnknowns bounds what is remembered as logged. Usage beyond it is counted like any other.
const maxUnknowns = 1000

// unknowns logs what has no price: once for each model that is not known, and once for each kind of one that is.
type unknowns struct {
	logger *zap.Logger

	mu   sync.Mutex
	seen map[unknown]struct{}
}

type unknown struct {
	provider, model string
	kind            pricing.Kind // of a model that is known
	reason          pricing.Reason
}

// String is the usage in short: openai/gpt-9 prompt.text: no_model.
func (u unknown) String() string {
	who := strings.Trim(brief(u.provider)+"/"+brief(u.model), "/")
	return strings.TrimSpace(who+" "+u.kind.String()) + ": " + u.reason.String()
}

func newUnknowns(logger *zap.Logger) *unknowns {
	return &unknowns{logger: logger, seen: map[unknown]struct{}{}}
}

// note logs a usage without a price unless its like was logged before.
func (l *unknowns) note(book *pricing.Book, u *usage) {
	what := unknown{provider: brief(u.Provider), model: brief(u.Model), reason: u.result.Reason}
	if knownModel(what.reason) {
		what.kind = u.Kind
	}
	first, last := l.first(what)
	if first {
		l.log(book, u)
	}
	if last {
		l.logger.Warn("too many models without a price to log each; further ones are only counted",
			zap.Int("logged", maxUnknowns))
	}
}

func knownModel(reason pricing.Reason) bool {
	return reason == pricing.Priced || reason == pricing.NoKind || reason == pricing.UnitMismatch || reason == pricing.Expired
}

// forget makes all be logged again: another price book has other prices.
func (l *unknowns) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	clear(l.seen)
}

// first says whether what is seen for the first time, and whether it is the last to be remembered.
func (l *unknowns) first(what unknown) (first, last bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, seen := l.seen[what]; seen || len(l.seen) >= maxUnknowns {
		return false, false
	}
	what.provider, what.model = strings.Clone(what.provider), strings.Clone(what.model)
	l.seen[what] = struct{}{}
	return true, len(l.seen) == maxUnknowns
}

func (l *unknowns) log(book *pricing.Book, u *usage) {
	fields := []zap.Field{
		zap.String("provider", brief(u.Provider)),
		zap.String("model", brief(u.Model)),
		zap.Stringer("usage_kind", u.Kind),
		zap.Stringer("reason", u.result.Reason),
		zap.String("remedy", advice(book, u)),
	}
	if nearest := book.Nearest(u.Provider, u.Model); nearest != "" && !knownModel(u.result.Reason) {
		fields = append(fields, zap.String("nearest_known", nearest))
	}
	l.logger.Warn("usage without a price", fields...)
}

// brief cuts what a sender may have made long.
func brief(name string) string {
	const most = 128
	if len(name) <= most {
		return name
	}
	return strings.ToValidUTF8(name[:most], "") + "..."
}

// advice is the remedy, behind what to do if a provider is known by another name.
func advice(book *pricing.Book, u *usage) string {
	if u.result.Reason != pricing.NoProvider || u.Provider == "" {
		return remedy(u)
	}
	near := book.NearestProvider(u.Provider)
	if near == "" {
		return remedy(u)
	}
	return fmt.Sprintf("if this is %s, report that, or put provider_aliases: [%q] into a price file with provider: %s; else, %s",
		near, brief(u.Provider), near, remedy(u))
}

// remedy is what gives the usage a price: what the bot should report, or the row that is missing.
func remedy(u *usage) string {
	switch {
	case u.Kind == pricing.Unknown:
		return "report prompt and completion tokens apart (token_type), in the token kinds of docs/prices.md"
	case u.result.Reason == pricing.Ambiguous, u.result.Reason == pricing.NoProvider && u.Provider == "":
		return "report the provider"
	case u.model() == "":
		return "report the model; this provider has no default for this kind of usage"
	}
	return fmt.Sprintf(
		"if it costs money, add a row to overrides of the cost processor: "+
			`{provider: %s, models: [%q], usage: %s, unit: %s, price: "...", per: "%s"}, and %s; see docs/prices.md`,
		cmp.Or(brief(u.provider()), "..."), brief(u.Model), u.Kind, u.Kind.Unit(), customaryPer(u.Kind), further(u.Kind))
}

// further is what other rows the model needs, or that it needs no other for the same use in another quantity.
func further(kind pricing.Kind) string {
	if len(kind.Pairs()) == 0 || kind.Unit() == pricing.PromptText.Unit() {
		return "one for each other usage of the model"
	}
	names := []string{kind.String()}
	for _, pair := range kind.Pairs() {
		names = append(names, pair.String())
	}
	return "no other for the same use: it needs one row, for that of " + strings.Join(names, ", ") + " which the vendor bills"
}

// customaryPer is how many units vendors name a price for: a row for one token invites to be off by a million.
func customaryPer(kind pricing.Kind) string {
	switch kind.Unit() {
	case "token", "character", "byte":
		return "1000000"
	}
	return "1"
}
