package main

// call is one call while it is played.
type call struct {
	*world
	plan
	id     string
	now    int64 // Unix milliseconds
	first  int64 // when the first message was sent, which is where the call begins
	frames int64 // counts Pipecat's frame ids
}

// play lets a call happen: it begins some time after the one before.
func (w *world) play(p plan, index int) {
	c := &call{world: w, plan: p, id: w.uuid(), now: epoch + int64(index)*23_000}
	c.begin()
	for turn := range c.turns {
		c.turn(turn)
	}
	c.finish()
	c.settle()
}

func (c *call) begin() {
	c.books.add("voice_calls_total", nil, whole(1))
	if c.records {
		return
	}
	c.say("StartFrame", object{"llm_model": c.llmModel, "stt_model": c.sttModel, "tts_model": c.ttsModel}.withoutEmpty())
	// Every pipeline start sends these zeros; they are no latencies.
	c.wait(10, 40)
	c.metrics(
		object{"type": "TTFBMetricsData", "processor": c.llm.processor, "value": seconds(0)},
		object{"type": "ProcessingMetricsData", "processor": c.llm.processor, "value": seconds(0)},
		object{"type": "TTFBMetricsData", "processor": c.tts.processor, "value": seconds(0)},
	)
}

// turn is the user speaking and the bot answering.
func (c *call) turn(number int) {
	c.wait(600, 2500)
	c.speech("UserStartedSpeakingFrame", "user_speech_started")
	talked := c.wait(1200, 6000)
	c.speech("UserStoppedSpeakingFrame", "user_speech_stopped")
	stopped := c.now
	c.hear(talked)
	c.think()
	c.useTools(number)
	c.speak()
	c.speech("BotStartedSpeakingFrame", "bot_speech_started")
	c.books.latency("voice_turn_latency_milliseconds", nil, c.now-stopped)
	c.wait(1500, 8000)
	if number < c.interrupted {
		c.speech("InterruptionFrame", "interruption")
		c.books.add("voice_interruptions_total", nil, whole(1))
		c.wait(5, 20)
	}
	c.speech("BotStoppedSpeakingFrame", "bot_speech_stopped")
}

func (c *call) hear(talked int64) {
	if c.stt == nil || c.stt.silent {
		return
	}
	c.wait(80, 400)
	c.ttfb(*c.stt, "stt", c.between(120, 480))
	if c.sttUsage {
		c.transcribed(talked + c.between(100, 300))
	}
}

func (c *call) think() {
	c.wait(250, 1200)
	ttfb := c.between(180, 1400)
	c.answered(ttfb, ttfb+c.between(200, 1600))
	c.wait(5, 30)
	c.used(c.tokens())
}

func (c *call) useTools(turn int) {
	if turn >= c.tools {
		return
	}
	c.wait(50, 300)
	c.record("function_call_completed", object{"function_name": "book_table", "tool_call_id": "call_1", "arguments": object{}})
	c.books.add("voice_tool_calls_total", []string{"book_table", "completed"}, whole(1))
}

func (c *call) speak() {
	c.wait(100, 400)
	c.spoke(c.between(20, 220), c.between(90, 420))
	if c.failed {
		c.failed = false
		c.say("ErrorFrame", object{"error": "socket closed", "fatal": false, "processor": c.tts.processor, "category": "network"})
		c.books.add("voice_errors_total", []string{class(c.tts.processor), "network"}, whole(1))
	}
	c.wait(20, 120)
}

func (c *call) finish() {
	switch c.end {
	case hangUp:
		c.wait(300, 2000)
		c.say("EndFrame", object{"reason": "hangup"})
	case cancel:
		c.wait(300, 2000)
		c.say("CancelFrame", object{})
	case vanish:
	}
}

// settle books what is known when the call is over.
func (c *call) settle() {
	lasted := c.now - c.first
	c.books.add("voice_session_duration_seconds", []string{c.id}, thousandths(lasted))
	turns := int64(c.turns)
	if c.end == vanish {
		turns-- // of the last turn nobody knows that it is over
	} else {
		c.books.add("voice_call_duration_seconds_count", nil, whole(1))
		c.books.add("voice_call_duration_seconds_sum", nil, thousandths(lasted))
	}
	c.books.add("voice_turns_total", nil, whole(turns))
	if c.stt != nil {
		c.books.sttSession(c, lasted)
	}
}
