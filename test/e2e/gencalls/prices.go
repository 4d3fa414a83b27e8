package main

import "math/big"

// rate is a list price in USD: for so many of the unit.
type rate struct{ usd, per string }

const (
	million  = "1000000"
	thousand = "1000"
	minute   = "60"
	hour     = "3600"
)

// llm is the four prices of a language model for a million tokens; reasoning is billed as output. An empty price is a
// kind that the vendor does not bill apart.
func llm(input, cached, write, output string) map[string]rate {
	prices := map[string]rate{
		"prompt text":          {input, million},
		"prompt cache_read":    {cached, million},
		"completion text":      {output, million},
		"completion reasoning": {output, million},
	}
	if write != "" {
		prices["prompt cache_write"] = rate{write, million}
	}
	return prices
}

// prices are list prices by provider and model, as of November 2025 and unchanged since.
var prices = map[[2]string]map[string]rate{
	{"openai", "gpt-4o"}:              llm("2.5", "1.25", "", "10"),
	{"openai", "gpt-4o-mini"}:         llm("0.15", "0.075", "", "0.6"),
	{"openai", "gpt-5-mini"}:          llm("0.25", "0.025", "", "2"),
	{"anthropic", "claude-haiku-4-5"}: llm("1", "0.1", "1.25", "5"),
	{"google", "gemini-2.5-flash"}:    llm("0.3", "0.03", "", "2.5"),

	{"cartesia", ""}:                    {"characters": {"50", million}},
	{"cartesia", "sonic-3.5"}:           {"characters": {"50", million}},
	{"elevenlabs", "eleven_flash_v2_5"}: {"characters": {"0.05", thousand}},
	{"openai", "tts-1"}:                 {"characters": {"15", million}},

	{"deepgram", "nova-3"}:          {"audio seconds": {"0.0048", minute}},
	{"deepgram", "flux-general-en"}: {"audio seconds": {"0.0065", minute}},
	{"gladia", ""}:                  {"session seconds": {"0.75", hour}},
	{"gladia", "solaria-1"}:         {"session seconds": {"0.75", hour}},
}

// find is the price of one unit.
func find(by service, quantity string) (*big.Rat, bool) {
	r, known := prices[[2]string{by.provider, by.model}][quantity]
	if !known {
		return nil, false
	}
	return new(big.Rat).Quo(decimal(r.usd), decimal(r.per)), true
}

func decimal(text string) *big.Rat {
	number, ok := new(big.Rat).SetString(text)
	if !ok {
		panic("not a decimal: " + text)
	}
	return number
}
