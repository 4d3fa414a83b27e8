package main

import (
	"fmt"
	"time"
)

// frame is a Pipecat frame as JSON.
type frame map[string]any

// demoCall is a call to play.
type demoCall struct {
	id       string
	about    string
	frames   []frame
	duration float64 // seconds
}

// bot is the services that a bot is made of, as Pipecat names them.
type bot struct {
	llm, llmModel string
	stt, sttModel string
	tts, ttsModel string
}

// turn is one exchange: how long the user spoke, what the bot used to answer, and whether the user cut it off.
type turn struct {
	heard      float64 // seconds of the user's speech
	ttfb       float64 // seconds to the first token
	prompt     int     // tokens as the service reports them
	cached     int
	completion int
	reasoning  int
	total      int // where it is not prompt + completion
	characters int
	cutOff     bool
}

// script is the calls, which all end now. One is by a bot whose model no price book knows.
func script(now time.Time) []demoCall {
	stamp := now.Format("150405")
	calls := []struct {
		about string
		bot   bot
		turns []turn
	}{
		{
			"a booking",
			bot{"OpenAILLMService", "gpt-4o", "DeepgramSTTService", "nova-3", "CartesiaTTSService", "sonic-3.5"},
			[]turn{
				{heard: 3.2, ttfb: 0.41, prompt: 1042, cached: 0, completion: 37, characters: 148},
				{heard: 2.1, ttfb: 0.36, prompt: 1131, cached: 1024, completion: 52, characters: 201},
				{heard: 4.4, ttfb: 0.52, prompt: 1240, cached: 1024, completion: 24, characters: 96},
			},
		},
		{
			"support, cut off once",
			bot{"OpenAILLMService", "gpt-4o-mini", "GladiaSTTService", "solaria-1", "ElevenLabsTTSService", "eleven_flash_v2_5"},
			[]turn{
				{heard: 6.0, ttfb: 0.29, prompt: 2210, cached: 1920, completion: 143, characters: 612, cutOff: true},
				{heard: 2.5, ttfb: 0.31, prompt: 2391, cached: 1920, completion: 61, characters: 240},
			},
		},
		{
			"an interview",
			bot{"AnthropicLLMService", "claude-haiku-4-5", "DeepgramSTTService", "nova-3", "CartesiaTTSService", "sonic-3.5"},
			[]turn{
				{heard: 11.5, ttfb: 0.74, prompt: 310, cached: 3800, completion: 88, characters: 372},
				{heard: 14.2, ttfb: 0.69, prompt: 420, cached: 3800, completion: 95, characters: 401},
			},
		},
		{
			"a quiz that thinks",
			bot{"GoogleLLMService", "gemini-2.5-flash", "DeepgramSTTService", "nova-3", "DeepgramTTSService", "aura-2"},
			[]turn{
				{heard: 2.2, ttfb: 1.10, prompt: 640, completion: 31, reasoning: 212, total: 640 + 31 + 212, characters: 120},
				{heard: 1.9, ttfb: 0.98, prompt: 705, completion: 28, reasoning: 180, total: 705 + 28 + 180, characters: 111},
			},
		},
		{
			"a model nobody knows",
			bot{"OpenAILLMService", "acme-llm-1", "DeepgramSTTService", "nova-3", "CartesiaTTSService", "sonic-3.5"},
			[]turn{{heard: 3.0, ttfb: 0.55, prompt: 512, completion: 40, characters: 160}},
		},
	}
	played := make([]demoCall, len(calls))
	for i, c := range calls {
		played[i] = play(fmt.Sprintf("demo-%s-%d", stamp, i+1), c.about, c.bot, c.turns, now)
	}
	return played
}

// player writes the frames of one call.
type player struct {
	call *demoCall
	bot  bot
	at   float64 // seconds since the call began
}

func play(id, about string, b bot, turns []turn, end time.Time) demoCall {
	c := demoCall{id: id, about: about}
	p := player{call: &c, bot: b}
	p.say("StartFrame", 0, frame{"llm_model": b.llmModel, "stt_model": b.sttModel, "tts_model": b.ttsModel})
	for _, t := range turns {
		p.turn(t)
	}
	p.say("EndFrame", 1.5, frame{"reason": "hangup"})
	c.duration = p.at
	p.finishAt(end)
	return c
}

// say adds a frame some seconds after the one before.
func (p *player) say(class string, later float64, f frame) {
	p.at += later
	f["type"], f["call_id"], f["id"], f["timestamp"] = class, p.call.id, len(p.call.frames)+1, p.at
	p.call.frames = append(p.call.frames, f)
}

func (p *player) turn(t turn) {
	p.say("UserStartedSpeakingFrame", 1, frame{})
	p.say("UserStoppedSpeakingFrame", t.heard, frame{})
	total := t.total
	if total == 0 {
		total = t.prompt + t.completion
	}
	p.say("MetricsFrame", t.ttfb, frame{"data": []frame{
		{"type": "STTUsageMetricsData", "processor": p.bot.stt + "#0", "model": p.bot.sttModel, "value": frame{"audio_seconds": t.heard}},
		{"type": "TTFBMetricsData", "processor": p.bot.llm + "#0", "model": p.bot.llmModel, "value": t.ttfb},
		{"type": "LLMUsageMetricsData", "processor": p.bot.llm + "#0", "model": p.bot.llmModel, "value": frame{
			"prompt_tokens": t.prompt, "completion_tokens": t.completion, "total_tokens": total,
			"cache_read_input_tokens": t.cached, "reasoning_tokens": t.reasoning,
		}},
		{"type": "TTSUsageMetricsData", "processor": p.bot.tts + "#0", "model": p.bot.ttsModel, "value": t.characters},
		{"type": "TTFBMetricsData", "processor": p.bot.tts + "#0", "model": p.bot.ttsModel, "value": 0.19},
	}})
	p.say("BotStartedSpeakingFrame", 0.25, frame{})
	if t.cutOff {
		p.say("InterruptionFrame", 2, frame{})
		return
	}
	p.say("BotStoppedSpeakingFrame", float64(t.characters)/15, frame{})
}

// finishAt turns seconds since the call began into moments, so that the call ends then.
func (p *player) finishAt(end time.Time) {
	began := float64(end.UnixMicro())/1e6 - p.at
	for _, f := range p.call.frames {
		f["timestamp"] = began + f["timestamp"].(float64)
	}
}
