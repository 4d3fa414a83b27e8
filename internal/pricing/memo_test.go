package pricing

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
)

// A memo answers as its book does, whatever was asked before.
func TestMemo(t *testing.T) {
	book := embedded(t, nil)
	memo := book.Memo()
	random := rand.New(rand.NewPCG(11, 12))
	providers := []string{"openai", "", "anthropic", "acme"}
	models := []string{"gpt-4o", "gpt-5.6-luna", "claude-haiku-4-5", "", "nothing"}
	for range 5000 {
		u := Usage{
			Provider: providers[random.IntN(len(providers))], Model: models[random.IntN(len(models))], Kind: Kind(random.IntN(int(kindCount))),
			Quantity: count(random.Int64N(1000)), RequestTokens: random.Int64N(400_000), At: today,
		}
		assert.Equal(t, book.Price(&u), memo.Price(&u))
	}
}

func BenchmarkMemo(b *testing.B) {
	memo := embedded(b, nil).Memo()
	usages := []Usage{
		{Provider: "openai", Model: "gpt-4o", Kind: PromptText, Quantity: count(146), RequestTokens: 1042, At: today},
		{Provider: "openai", Model: "gpt-4o", Kind: PromptCacheRead, Quantity: count(896), RequestTokens: 1042, At: today},
		{Provider: "openai", Model: "gpt-4o", Kind: CompletionText, Quantity: count(37), RequestTokens: 1042, At: today},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		memo.Price(&usages[i%len(usages)])
	}
}
