package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/ledger"
)

func TestCommittedFixtureIsWhatIsGenerated(t *testing.T) {
	for name, want := range generate() {
		got, err := os.ReadFile(filepath.Join("..", "testdata", name))
		require.NoError(t, err)
		assert.True(t, bytes.Equal(want, got), "testdata/%s is out of date: run `go run ./gencalls` in test/e2e", name)
	}
}

// The numbers of the guide's example call, by hand.
func TestPrices(t *testing.T) {
	w := newWorld()
	c := &call{world: w, plan: guideBot, id: "c"}
	c.books.tokens(c, tokens{text: 146, cacheRead: 896, answer: 37})
	c.books.characters(c, 48)
	c.books.sttSession(c, 74_200)
	l := w.books.ledger()
	assert.Equal(t, []ledger.Total{
		{Values: []string{"llm"}, Value: 0.001855},
		{Values: []string{"stt"}, Value: 74.2 * 0.75 / 3600},
		{Values: []string{"tts"}, Value: 0.0024},
	}, l.By("voice_cost_usd_total", "cost_type"))
	assert.Equal(t, []ledger.Total{
		{Values: []string{"completion"}, Value: 37},
		{Values: []string{"prompt"}, Value: 1042},
	}, l.By("voice_llm_tokens_total", "token_type"))
}

// What vendors report for 100 text, 20 cached read, 30 cached write, 10 answer and 5 reasoning tokens.
func TestWire(t *testing.T) {
	for _, test := range []struct {
		name                      string
		cache                     cachePolicy
		reasoning                 reasoningPolicy
		prompt, completion, total int64
	}{
		{"OpenAI", gross, inside, 150, 15, 165},
		{"Google", gross, beside, 150, 10, 165},
		{"Anthropic", net, noReasoning, 100, 10, 160},
		{"Anthropic before 1.7", netNoTotal, noReasoning, 100, 10, 110},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &call{plan: plan{cache: test.cache, reasoning: test.reasoning}}
			usage := c.wire(tokens{text: 100, cacheRead: 20, cacheWrite: 30, answer: 10, reasoning: 5})
			assert.Equal(t, test.prompt, usage["prompt_tokens"])
			assert.Equal(t, test.completion, usage["completion_tokens"])
			assert.Equal(t, test.total, usage["total_tokens"])
		})
	}
}
