package pricing

import "testing"

func BenchmarkPrice(b *testing.B) {
	book := embedded(b, nil)
	usages := []Usage{
		{Provider: "openai", Model: "gpt-4o", Kind: CompletionText, Quantity: count(37), At: today},
		{Provider: "openai", Model: "gpt-5.6-sol", Kind: PromptText, Quantity: count(146), RequestTokens: 300_000, At: today},
		{Provider: "cartesia", Kind: Characters, Quantity: count(48), At: today},
		{Provider: "gladia", Kind: STTSession, Quantity: measure(74.2), At: today},
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		book.Price(&usages[i%len(usages)])
	}
}

func BenchmarkFirstSight(b *testing.B) {
	book := embedded(b, nil)
	b.ReportAllocs()
	for b.Loop() {
		book.makeQuote("", "openai/gpt-4o-2024-08-06", PromptText)
	}
}

func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		embedded(b, nil)
	}
}
