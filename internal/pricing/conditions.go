package pricing

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Conditions narrow a row; the row that is narrowed most wins. An empty one does not narrow, except that a row without a
// service tier is for the vendor's default tier only: another tier is another price, which must not be guessed.
type Conditions struct {
	// ContextTokens is a lower bound of the input tokens of the whole request, with its operator: "> 200000" or
	// ">= 272000". It does not hold where the request's size is unknown.
	ContextTokens string `yaml:"context_tokens,omitempty" mapstructure:"context_tokens"`
	ServiceTier   string `yaml:"service_tier,omitempty" mapstructure:"service_tier"`
	Region        string `yaml:"region,omitempty" mapstructure:"region"`
	// Plan is a plan of the account; see NewBook.
	Plan string `yaml:"plan,omitempty" mapstructure:"plan"`
	// TimeOfDay is a window of each day in UTC, "16:30-00:30": its start is in it, its end is not, and it may pass midnight.
	TimeOfDay string `yaml:"time_of_day,omitempty" mapstructure:"time_of_day"`
}

// scope is what conditions and times come to: for which usage a price holds.
type scope struct {
	from, until int64 // Unix nanoseconds, [from, until)
	context     int64 // least input tokens of the request; 0: any
	tier        string
	anyTier     bool // of discounts: a row is always of one tier
	region      string
	plan        string
	window      *minutes // nil: the whole day
}

// newScope reads conditions, and the times from which and until which something holds.
func newScope(when Conditions, from, until string) (scope, error) {
	s := scope{tier: tierName(when.ServiceTier), region: fold(when.Region), plan: fold(when.Plan)}
	var windowErr error
	s.window, windowErr = parseWindow(when.TimeOfDay)
	return s, errors.Join(s.setTimes(from, until), s.setContext(when.ContextTokens), windowErr)
}

func (s *scope) setTimes(from, until string) error {
	var fromErr, untilErr error
	s.from, fromErr = instant("effective_from", from, math.MinInt64)
	s.until, untilErr = instant("effective_until", until, math.MaxInt64)
	if fromErr == nil && untilErr == nil && s.from >= s.until {
		return fmt.Errorf("effective_from %q is not before effective_until %q", from, until)
	}
	return errors.Join(fromErr, untilErr)
}

func instant(key, text string, absent int64) (int64, error) {
	if text == "" {
		return absent, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return 0, fmt.Errorf("%s %q is not a time; write it as 2026-08-21T00:00:00Z", key, text)
	}
	return at.UnixNano(), nil
}

func (s *scope) setContext(condition string) error {
	if condition == "" {
		return nil
	}
	operator, number, _ := strings.Cut(condition, " ")
	tokens, err := strconv.ParseInt(number, 10, 64)
	if err != nil || tokens < 0 || tokens == math.MaxInt64 || operator != ">" && operator != ">=" {
		return fmt.Errorf(`when.context_tokens %q is not a lower bound; write it as "> 200000" or ">= 200000"`, condition)
	}
	s.context = tokens
	if operator == ">" {
		s.context++
	}
	return nil
}

// has says whether a usage is in the scope but for the size of its request.
func (s *scope) has(u *Usage, region string, at int64) bool {
	return s.holds(at) &&
		(s.tier == u.ServiceTier || u.ServiceTier != "" && sameTier(s.tier, u.ServiceTier)) &&
		(s.region == "" || region != "" && (s.region == region || sameName(s.region, region))) &&
		(s.window == nil || s.window.has(minuteOf(at)))
}

func (s *scope) holds(at int64) bool { return s.from <= at && at < s.until }

// narrowness is how many conditions there are; which tier it is does not count.
func (s *scope) narrowness() int {
	n := 0
	for _, narrowed := range []bool{s.context > 0, s.region != "", s.plan != "", s.window != nil} {
		if narrowed {
			n++
		}
	}
	return n
}

// meets says whether some usage is in both.
func (s *scope) meets(other *scope) bool {
	return s.from < other.until && other.from < s.until &&
		(s.anyTier || other.anyTier || s.tier == other.tier) &&
		agree(s.region, other.region) && agree(s.plan, other.plan) && s.window.meets(other.window)
}

func agree(a, b string) bool { return a == "" || b == "" || a == b }

// within says whether every condition of other is implied by those of s, times apart.
func (s *scope) within(other *scope) bool {
	return s.context >= other.context &&
		(other.anyTier || !s.anyTier && s.tier == other.tier) &&
		(other.region == "" || s.region == other.region) &&
		(other.plan == "" || s.plan == other.plan) &&
		s.window.within(other.window)
}

// during says whether s holds only while other does.
func (s *scope) during(other *scope) bool { return other.from <= s.from && s.until <= other.until }

// and is the scope of what is in both, which must meet.
func (s scope) and(other *scope) scope {
	s.from, s.until = max(s.from, other.from), min(s.until, other.until)
	s.context = max(s.context, other.context)
	if s.anyTier {
		s.tier, s.anyTier = other.tier, other.anyTier
	}
	s.region, s.plan = cmp.Or(s.region, other.region), cmp.Or(s.plan, other.plan)
	s.window = s.window.and(other.window)
	return s
}

// compareNarrowness orders scopes by how narrow they are, the narrowest first. Of two of which one is within the other,
// that one comes first.
func compareNarrowness(a, b *scope) int {
	return cmp.Or(
		cmp.Compare(b.narrowness(), a.narrowness()),
		cmp.Compare(b.context, a.context),
		cmp.Compare(a.window.length(), b.window.length()),
	)
}

// defaultTiers are vendors' words for no tier in particular.
var defaultTiers = []string{"default", "standard", "auto", "on_demand"}

// tierName is a service tier as it is compared; the default one is "".
func tierName(tier string) string {
	name := fold(tier)
	if slices.Contains(defaultTiers, name) {
		return ""
	}
	return name
}

// sameTier says whether a tier as it is compared is the one that was reported. It allocates nothing.
func sameTier(tier, reported string) bool {
	if tier != "" {
		return sameName(tier, reported)
	}
	for _, name := range defaultTiers {
		if sameName(name, reported) {
			return true
		}
	}
	return sameName("", reported)
}

// sameName says whether a folded name is the one that was reported. It allocates nothing.
func sameName(folded, reported string) bool {
	return strings.EqualFold(folded, strings.TrimSpace(reported))
}

// fold makes names comparable.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }
