package main

// service is one stage of a bot, as its frames name it.
type service struct {
	processor string // with the counter that Pipecat puts behind it
	provider  string
	model     string
	// silent services leave the model out of their frames; it is known from StartFrame, if at all.
	silent bool
}

// cachePolicy is what a vendor's prompt_tokens and total_tokens hold.
type cachePolicy int

const (
	gross      cachePolicy = iota // cached tokens are part of prompt_tokens
	net                           // beside prompt_tokens, and part of total_tokens
	netNoTotal                    // beside both: Anthropic before Pipecat 1.7
)

// reasoningPolicy is where a vendor counts reasoning.
type reasoningPolicy int

const (
	noReasoning reasoningPolicy = iota
	inside                      // part of completion_tokens
	beside                      // beside completion_tokens, and part of total_tokens
)

// ending is how a call ends.
type ending int

const (
	hangUp ending = iota // EndFrame
	cancel               // CancelFrame
	vanish               // nothing: the transport was torn down
)

// plan is one call to be played.
type plan struct {
	llm, tts  service
	stt       *service
	cache     cachePolicy
	reasoning reasoningPolicy
	writes    bool // the vendor reports cache writes
	records   bool // observer records (format 4) instead of typed frames (format 5)
	numbered  bool // frames have Pipecat's ids
	sttUsage  bool // the bot reports how much it transcribed
	// Models that StartFrame names.
	llmModel, sttModel, ttsModel string
	turns                        int
	interrupted                  int // how many turns, from the first on
	tools                        int
	failed                       bool
	end                          ending
}

var (
	gpt4o     = service{"OpenAILLMService#0", "openai", "gpt-4o", false}
	gpt4oMini = service{"OpenAILLMService#12", "openai", "gpt-4o-mini", false}
	gpt5Mini  = service{"OpenAILLMService#7", "openai", "gpt-5-mini", false}
	haiku     = service{"AnthropicLLMService#1", "anthropic", "claude-haiku-4-5", false}
	flash     = service{"GoogleLLMService#0", "google", "gemini-2.5-flash", false}
	acme      = service{"OpenAILLMService#3", "openai", "acme-chat-1", false}

	cartesia = service{"CartesiaTTSService#0", "cartesia", "", true}
	sonic    = service{"CartesiaTTSService#4", "cartesia", "sonic-3.5", false}
	eleven   = service{"ElevenLabsTTSService#2", "elevenlabs", "eleven_flash_v2_5", false}
	tts1     = service{"OpenAITTSService#0", "openai", "tts-1", false}

	nova3   = service{"DeepgramSTTService#0", "deepgram", "nova-3", false}
	flux    = service{"DeepgramFluxSTTService#1", "deepgram", "flux-general-en", false}
	gladia  = service{"GladiaSTTService#0", "gladia", "", true}
	solaria = service{"GladiaSTTService#5", "gladia", "solaria-1", false}
)

// The bots of the fixture. The first is the guide's own.
var (
	guideBot = plan{
		llm: gpt4o, tts: cartesia, stt: &gladia, llmModel: "gpt-4o", sttModel: "gladia", ttsModel: "cartesia", turns: 3,
	}
	miniBot   = plan{llm: gpt4oMini, tts: eleven, stt: &nova3, sttUsage: true, numbered: true, turns: 4}
	claudeBot = plan{llm: haiku, tts: sonic, stt: &flux, sttUsage: true, cache: net, writes: true, numbered: true, turns: 3}
	geminiBot = plan{llm: flash, tts: tts1, stt: &nova3, sttUsage: true, reasoning: beside, turns: 3}
	thinkBot  = plan{llm: gpt5Mini, tts: cartesia, stt: &solaria, sttUsage: true, reasoning: inside, ttsModel: "cartesia", turns: 2}
	recordBot = plan{llm: gpt4o, tts: sonic, stt: &nova3, sttUsage: true, records: true, tools: 1, turns: 3}
)

// with is a plan with changes.
func (p plan) with(change func(*plan)) plan {
	change(&p)
	return p
}

func plans() []plan {
	return []plan{
		guideBot, guideBot, miniBot, claudeBot, geminiBot,
		guideBot.with(func(p *plan) { p.interrupted = 2 }),
		miniBot.with(func(p *plan) { p.interrupted = 1 }),
		claudeBot.with(func(p *plan) { p.cache = netNoTotal }),
		geminiBot, recordBot, thinkBot, miniBot, claudeBot,
		recordBot.with(func(p *plan) { p.interrupted, p.tools = 1, 2 }),
		guideBot.with(func(p *plan) { p.end = cancel }),
		miniBot.with(func(p *plan) { p.end, p.turns = cancel, 1 }),
		// A model that no price book has.
		{llm: acme, tts: cartesia, ttsModel: "cartesia", turns: 2},
		// A bot on SmallWebRTC: nothing says that the call is over.
		{llm: gpt4oMini, tts: eleven, numbered: true, turns: 2, end: vanish},
		// Before Pipecat 1.7: speech recognition has latency and no usage, and this vendor bills usage.
		{llm: gpt4oMini, tts: eleven, stt: &nova3, turns: 2},
		recordBot.with(func(p *plan) { p.llm, p.reasoning, p.tools = flash, beside, 0 }),
		geminiBot.with(func(p *plan) { p.failed = true }),
		claudeBot.with(func(p *plan) { p.cache, p.interrupted = netNoTotal, 1 }),
		thinkBot, miniBot, guideBot,
		recordBot.with(func(p *plan) { p.turns = 5 }),
	}
}
