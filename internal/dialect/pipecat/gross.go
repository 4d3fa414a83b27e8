package pipecat

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Counts are the tokens of a request by the names of a vendor, whose prompt may or may not hold the cached ones, and whose
// completion the reasoning. Zero is none or unknown.
type Counts struct {
	Prompt, Completion, Total        int64
	CacheRead, CacheWrite, Reasoning int64
}

// Gross makes the prompt hold the cached tokens and the completion the reasoning. Services differ in what they report: most
// are gross (cached tokens are inside), Anthropic and Bedrock net. The total says which where there is one.
//
// AsVendor says that the counts are the vendor's own, as Pipecat passes them on. Else whoever reports them follows a
// convention by which both are inside, and only what cannot be so is taken to be beside.
func (c *Counts) Gross(by frame.Source, asVendor bool) {
	if c.net(by, asVendor) {
		c.Prompt += c.cached()
	}
	if c.reasoningIsExtra(by, asVendor) {
		c.Completion += c.Reasoning
	}
}

func (c *Counts) cached() int64 { return c.CacheRead + c.CacheWrite }

// net says whether cached tokens stand beside the prompt instead of inside. Older Anthropic and Bedrock services leave the
// cache out of the total as well, so there the vendor decides.
func (c *Counts) net(by frame.Source, asVendor bool) bool {
	cached := c.cached()
	if cached == 0 || by.Provider == byGoogle {
		// Google is gross always; its thoughts, which stand beside the completion, can make its total look net.
		return false
	}
	switch c.Total {
	case c.Prompt + c.Completion + cached, c.Prompt + c.Completion + cached + c.Reasoning:
		return true
	}
	return (asVendor || cached > c.Prompt) && reportsNet(by)
}

const byGoogle = "google"

// reportsNet says who counts like Anthropic: its own API and Bedrock. Whoever else serves its models answers as OpenAI does
// (OpenRouter), so the model decides only where nobody knows who served it, or within AWS.
func reportsNet(by frame.Source) bool {
	switch by.Provider {
	case "anthropic":
		return true
	case "", "aws":
		return strings.Contains(by.Processor, "Bedrock") || strings.Contains(strings.ToLower(by.Model), "claude")
	}
	return false
}

// reasoningIsExtra says whether reasoning stands beside the completion (Google) instead of inside (OpenAI). It is asked after
// the prompt has become gross.
func (c *Counts) reasoningIsExtra(by frame.Source, asVendor bool) bool {
	switch {
	case c.Reasoning == 0:
		return false
	case c.Total == 0 && asVendor && by.Provider == byGoogle:
		return true
	}
	return c.Reasoning > c.Completion || c.Total == c.Prompt+c.Completion+c.Reasoning
}
