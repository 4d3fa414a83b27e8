package main

// ttfb reports a time to first byte in milliseconds.
func (c *call) ttfb(by service, stage string, ms int64) {
	if c.records {
		c.record("ttfb", of(by, object{"seconds": seconds(ms)}))
	} else {
		c.metrics(datum("TTFBMetricsData", by, seconds(ms)))
	}
	c.books.latency("voice_ttfb_milliseconds", source(by, stage), ms)
}

// answered reports the language model's two latencies in one frame, as Pipecat does. The processing time names no
// model where the bot's StartFrame does.
func (c *call) answered(ttfb, processing int64) {
	if c.records { // which have no processing time
		c.ttfb(c.llm, "llm", ttfb)
		return
	}
	work := c.llm
	work.silent = c.llmModel != ""
	c.metrics(datum("TTFBMetricsData", c.llm, seconds(ttfb)), datum("ProcessingMetricsData", work, seconds(processing)))
	c.books.latency("voice_ttfb_milliseconds", source(c.llm, "llm"), ttfb)
	c.books.latency("voice_processing_milliseconds", source(c.llm, "llm"), processing)
}

// spoke reports characters and the latency of speech synthesis.
func (c *call) spoke(characters, ttfb int64) {
	if c.records {
		c.record("tts", of(c.tts, object{"characters": characters}))
		c.wait(5, 20)
		c.ttfb(c.tts, "tts", ttfb)
	} else {
		c.metrics(datum("TTSUsageMetricsData", c.tts, characters), datum("TTFBMetricsData", c.tts, seconds(ttfb)))
		c.books.latency("voice_ttfb_milliseconds", source(c.tts, "tts"), ttfb)
	}
	c.books.characters(c, characters)
}

// transcribed reports audio that was transcribed, in milliseconds.
func (c *call) transcribed(ms int64) {
	c.wait(5, 20)
	if c.records {
		c.record("stt", of(*c.stt, object{"audio_seconds": seconds(ms)}))
	} else {
		c.metrics(datum("STTUsageMetricsData", *c.stt, object{"audio_seconds": seconds(ms)}))
	}
	c.books.sttAudio(c, ms)
}

// tokens of one request, in disjoint kinds.
type tokens struct{ text, cacheRead, cacheWrite, answer, reasoning int64 }

func (c *call) tokens() tokens {
	t := tokens{text: c.between(80, 1200), answer: c.between(12, 160)}
	if c.between(0, 2) > 0 {
		t.cacheRead = 128 * c.between(1, 16)
	}
	if c.writes && c.between(0, 1) > 0 {
		t.cacheWrite = c.between(200, 2000)
	}
	if c.reasoning != noReasoning {
		t.reasoning = c.between(20, 300)
	}
	return t
}

// used reports tokens in the terms of the vendor.
func (c *call) used(t tokens) {
	usage := c.wire(t)
	if c.records {
		c.record("llm", of(c.llm, usage))
	} else {
		c.metrics(datum("LLMUsageMetricsData", c.llm, usage))
	}
	c.books.tokens(c, t)
}

// wire is the usage as the vendor adds it up.
func (c *call) wire(t tokens) object {
	cached := t.cacheRead + t.cacheWrite
	prompt, completion := t.text, t.answer
	if c.cache == gross {
		prompt += cached
	}
	total := prompt + completion
	if c.cache == net {
		total += cached
	}
	switch c.reasoning {
	case inside:
		completion += t.reasoning
		total += t.reasoning
	case beside:
		total += t.reasoning
	case noReasoning:
	}
	usage := object{"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": total}
	for field, count := range map[string]int64{
		"cache_read_input_tokens": t.cacheRead, "cache_creation_input_tokens": t.cacheWrite, "reasoning_tokens": t.reasoning,
	} {
		if count > 0 {
			usage[field] = count
		}
	}
	return usage
}
