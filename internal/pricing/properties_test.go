package pricing

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pick is one of several.
func pick[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

// priced are usages of the book that ships that have a price, one for each model and kind.
func priced(b *Book) []Usage {
	var usages []Usage
	for _, v := range b.vendors {
		for id := range v.products {
			for kind := range kindCount {
				u := Usage{Provider: v.name, Model: id, Kind: kind, At: today}
				if b.Price(&u).Reason == Priced {
					usages = append(usages, u)
				}
			}
		}
	}
	return usages
}

// However a usage is cut into reports, the parts cost what the whole does, unless its row rounds.
func TestSplitsCostWhatTheWholeDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	b := embedded(t, nil)
	for _, u := range priced(b) {
		if o := chosenFor(b, &u); o.rounding.rounds() {
			continue
		}
		whole, parts, exact := int64(0), 0.0, new(big.Rat)
		for range 20 {
			n := random.Int64N(100_000)
			whole += n
			u.Quantity, u.Single, u.Channels = count(n), random.IntN(2) == 0, 1
			result := b.Price(&u)
			require.Equal(t, Exact, result.Estimate&^EstimateContext, "nothing else can be unsure")
			parts += result.USD
			exact.Add(exact, new(big.Rat).Mul(u.Quantity.rat(), chosenFor(b, &u).asked))
		}
		u.Quantity = count(whole)
		result := b.Price(&u)
		assert.InDeltaf(t, result.USD, parts, 1e-12*max(1, parts), "%+v", u)
		nearest, _ := exact.Float64()
		assert.Equalf(t, nearest, result.USD, "%+v", u)
	}
}

// The order of rows in a layer decides about nothing, and whether they may stand together does not depend on it either.
func TestOrderOfRowsDoesNotMatter(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		rows := randomRows(random, 2+random.IntN(6))
		first, firstErr := NewBook(Settings{}, Overrides("rows", rows))
		for range 3 {
			random.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
			again, err := NewBook(Settings{}, Overrides("rows", rows))
			require.Equalf(t, firstErr == nil, err == nil, "%v\n%v", firstErr, err)
			if err != nil {
				continue
			}
			for range 50 {
				u := randomUsage(random)
				a, b := first.Price(&u), again.Price(&u)
				require.Equalf(t, a.USD, b.USD, "%+v", u)
				require.Equalf(t, a.Reason, b.Reason, "%+v", u)
			}
		}
	}
}

// Of the rows of a layer that hold for a usage, the one that applies is within every other one: nothing that a usage comes
// to was a matter of chance.
func TestTheNarrowestRowApplies(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	loaded := 0
	for range 2000 {
		b, err := NewBook(Settings{}, Overrides("rows", randomRows(random, 2+random.IntN(5))))
		if err != nil {
			continue
		}
		loaded++
		for range 20 {
			u := randomUsage(random)
			chosen := chosenFor(b, &u)
			for _, o := range b.rows {
				if o.has(&u, u.Region, u.At.UnixNano()) && u.RequestTokens >= o.context {
					require.NotNilf(t, chosen, "%+v", u)
					require.Truef(t, chosen.within(&o.scope), "%s is not within %s", chosen, o)
				}
			}
		}
	}
	assert.Greater(t, loaded, 200)
}

func randomRows(random *rand.Rand, n int) []Row {
	rows := make([]Row, n)
	for i := range rows {
		rows[i] = Row{
			Provider: "acme", Models: []string{"one"}, Usage: "prompt.text", Unit: "token", Price: fmt.Sprint(i + 1), Per: "1",
			When: randomConditions(random),
		}
		if random.IntN(3) == 0 {
			rows[i].EffectiveFrom = pick(random, days)
		}
		if random.IntN(3) == 0 {
			rows[i].EffectiveUntil = pick(random, days)
		}
	}
	return rows
}

var days = []string{"2026-01-01T00:00:00Z", "2026-06-01T00:00:00Z", "2026-11-23T12:00:00Z"}

func randomConditions(random *rand.Rand) Conditions {
	return Conditions{
		ContextTokens: pick(random, []string{"", "", "> 100", ">= 200"}),
		ServiceTier:   pick(random, []string{"", "", "flex"}),
		Region:        pick(random, []string{"", "", "eu", "us"}),
		TimeOfDay:     pick(random, []string{"", "", "", "08:00-20:00", "20:00-08:00", "10:00-12:00"}),
	}
}

func randomUsage(random *rand.Rand) Usage {
	return Usage{
		Provider: "acme", Model: "one", Kind: PromptText, Quantity: count(1 + random.Int64N(1000)),
		RequestTokens: pick(random, []int64{0, 100, 101, 200, 1000}), ServiceTier: pick(random, []string{"", "flex", "default"}),
		Region: pick(random, []string{"", "eu", "us", "jp"}),
		At:     time.Date(2025, 12, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(random.Int64N(int64(400 * 24 * time.Hour)))),
	}
}

// What a usage costs with discounts is what it costs without, times all that hold for it, in any number and under any
// conditions, rounded once.
func TestDiscountsMultiplyWhatHolds(t *testing.T) {
	random := rand.New(rand.NewPCG(11, 12))
	for range 1000 {
		rows := randomRows(random, 1+random.IntN(3))
		plain, err := NewBook(Settings{}, Overrides("rows", rows))
		if err != nil {
			continue
		}
		discounts := randomDiscounts(random)
		b, err := NewBook(Settings{Discounts: discounts}, Overrides("rows", rows))
		if err != nil {
			require.ErrorContains(t, err, "no row of acme holds under its conditions")
			continue
		}
		for range 30 {
			u := randomUsage(random)
			without, with := plain.Price(&u), b.Price(&u)
			require.Equal(t, without.Reason, with.Reason)
			if with.Reason != Priced {
				continue
			}
			want := new(big.Rat).Mul(u.Quantity.rat(), chosenFor(plain, &u).asked)
			for _, d := range discounts {
				if holds(t, d, &u) {
					want.Mul(want, multiplierOf(t, d))
				}
			}
			nearest, _ := want.Float64()
			require.Equalf(t, nearest, with.USD, "%+v %+v", discounts, u)
			require.Equal(t, without.USD, with.List)
		}
	}
}

func randomDiscounts(random *rand.Rand) []Discount {
	discounts := make([]Discount, random.IntN(4))
	for i := range discounts {
		discounts[i] = Discount{Provider: "acme", Multiplier: fmt.Sprintf("%.3f", random.Float64()*1.5), When: randomConditions(random)}
		if random.IntN(3) == 0 {
			discounts[i].EffectiveFrom = pick(random, days)
		}
	}
	return discounts
}

// holds says, by means of its own, whether a discount is for a usage.
func holds(t *testing.T, d Discount, u *Usage) bool {
	t.Helper()
	bounds := map[string]int64{"": 0, "> 100": 101, ">= 200": 200}
	from, err := time.Parse(time.RFC3339, "0000-01-01T00:00:00Z")
	require.NoError(t, err)
	if d.EffectiveFrom != "" {
		from, err = time.Parse(time.RFC3339, d.EffectiveFrom)
		require.NoError(t, err)
	}
	inWindow := true
	if start, end, ok := strings.Cut(d.When.TimeOfDay, "-"); ok {
		now := u.At.Format("15:04")
		inWindow = start <= now && now < end
		if start > end {
			inWindow = start <= now || now < end
		}
	}
	return u.RequestTokens >= bounds[d.When.ContextTokens] && (d.When.ServiceTier == "" || d.When.ServiceTier == u.ServiceTier) &&
		(d.When.Region == "" || d.When.Region == u.Region) && !u.At.Before(from) && inWindow
}

func multiplierOf(t *testing.T, d Discount) *big.Rat {
	t.Helper()
	by, ok := exactly(d.Multiplier)
	require.True(t, ok)
	return by
}

// A model comes to its own id, else to the glob for it that has the most characters of its own, else to nothing.
func TestTheMostSpecificGlobApplies(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 14))
	name := func(letters string) string {
		id := make([]byte, 1+random.IntN(5))
		for i := range id {
			id[i] = letters[random.IntN(len(letters))]
		}
		return string(id)
	}
	for range 300 {
		ids := make([]string, 1+random.IntN(8))
		for i := range ids {
			ids[i] = name("ab/*")
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
		rows := make([]Row, len(ids))
		for i, id := range ids {
			rows[i] = Row{Provider: "acme", Models: []string{id}, Usage: "prompt.text", Unit: "token", Price: fmt.Sprint(i + 1), Per: "1"}
		}
		b, err := NewBook(Settings{}, Overrides("rows", rows))
		require.NoError(t, err)
		for range 30 {
			model := name("ab/")
			want, reason := specific(ids, model)
			result := b.Price(&Usage{Provider: "acme", Model: model, Kind: PromptText, Quantity: count(1), At: today})
			require.Equalf(t, reason.String(), result.Reason.String(), "%s of %v", model, ids)
			require.Equalf(t, float64(want), result.USD, "%s of %v", model, ids)
		}
	}
}

// specific is which of the ids, from 1, a model comes to.
func specific(ids []string, model string) (number int, reason Reason) {
	if at := slices.Index(ids, model); at >= 0 {
		return at + 1, Priced
	}
	most, reason := -1, NoModel
	for i, id := range ids {
		own := len(strings.ReplaceAll(id, "*", ""))
		if !likeExpression(id, model) || own < most {
			continue
		}
		number, reason = i+1, Priced
		if own == most {
			number, reason = 0, Ambiguous
		}
		most = own
	}
	return number, reason
}

// likeExpression says by means that are not ours whether a glob stands for an id.
func likeExpression(glob, id string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(glob), `\*`, `(?s:.*)`)
	return regexp.MustCompile("^(?:" + expression + ")$").MatchString(id)
}

// However much another book holds, a model that it does not have costs the same.
func TestPricesDoNotDependOnOtherRows(t *testing.T) {
	small, large := embedded(t, nil), embedded(t, nil, imported(2000))
	for _, u := range priced(small) {
		u.Quantity = count(1_000_003)
		require.Equal(t, small.Price(&u).USD, large.Price(&u).USD)
	}
}
