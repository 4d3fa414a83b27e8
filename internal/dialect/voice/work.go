package voice

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// work is what all six stages can say of a piece of work: who did it, what it cost, and what its price depends on.
type work struct {
	envelope
	worker
	Cost         jsontext.Value `json:"cost_usd"`
	Priced       bool           `json:"priced"`
	RunningTotal bool           `json:"running_total"`
	ServiceTier  string         `json:"service_tier"`
	Region       string         `json:"region"`
	Channels     jsontext.Value `json:"channels"`
}

// speed is how fast an answering stage was.
type speed struct {
	TTFB        jsontext.Value `json:"ttfb_ms"`
	Processing  jsontext.Value `json:"processing_ms"`
	Interrupted bool           `json:"interrupted"`
}

// The six stages at work. Each has its own amounts; a stage that is billed in one of several has them all.
type (
	stt struct {
		work
		speed
		AudioSeconds jsontext.Value `json:"audio_seconds"`
		Tokens       jsontext.Value `json:"tokens"`
	}
	llm struct {
		work
		speed
		Tokens      jsontext.Value `json:"tokens"`
		OpenAIUsage jsontext.Value `json:"openai_usage"`
	}
	tts struct {
		work
		speed
		Characters jsontext.Value `json:"characters"`
		Tokens     jsontext.Value `json:"tokens"`
	}
	realtime struct {
		work
		speed
		SessionSeconds jsontext.Value `json:"session_seconds"`
		Tokens         jsontext.Value `json:"tokens"`
	}
	transport struct {
		work
		Seconds jsontext.Value `json:"seconds"`
	}
	platform struct {
		work
		Seconds jsontext.Value `json:"seconds"`
	}
)

func (m *stt) tell(out *frame.Frame) error {
	j := m.job(frame.STT, out)
	j.took(&m.speed)
	j.used(frame.AudioTranscribed, m.AudioSeconds, "audio_seconds")
	j.usedTokens(m.Tokens)
	return j.done("ttfb_ms, processing_ms, audio_seconds, tokens or cost_usd")
}

func (m *llm) tell(out *frame.Frame) error {
	j := m.job(frame.LLM, out)
	j.took(&m.speed)
	j.usedTokens(m.Tokens)
	j.usedOpenAI(m.OpenAIUsage, m.Tokens)
	return j.done("ttfb_ms, processing_ms, tokens, openai_usage or cost_usd")
}

func (m *tts) tell(out *frame.Frame) error {
	j := m.job(frame.TTS, out)
	j.took(&m.speed)
	j.used(frame.CharactersUsed, m.Characters, "characters")
	j.usedTokens(m.Tokens)
	return j.done("ttfb_ms, processing_ms, characters, tokens or cost_usd")
}

func (m *realtime) tell(out *frame.Frame) error {
	j := m.job(frame.Realtime, out)
	j.took(&m.speed)
	j.used(frame.RealtimeConnected, m.SessionSeconds, "session_seconds")
	j.usedTokens(m.Tokens)
	return j.done("ttfb_ms, processing_ms, session_seconds, tokens or cost_usd")
}

func (m *transport) tell(out *frame.Frame) error {
	j := m.job(frame.Transport, out)
	j.used(frame.TransportUsed, m.Seconds, "seconds")
	return j.done("seconds or cost_usd")
}

func (m *platform) tell(out *frame.Frame) error {
	j := m.job(frame.Platform, out)
	j.used(frame.PlatformUsed, m.Seconds, "seconds")
	return j.done("seconds or cost_usd")
}

// job is a piece of work while it is read into a frame, each datum alone: one that is wrong costs itself.
type job struct {
	*work
	out    *frame.Frame
	source frame.Source
	uses   []frame.Event
}

func (w *work) job(stage frame.Stage, out *frame.Frame) *job {
	return &job{work: w, out: out, source: w.worker.source(stage)}
}

func (j *job) took(s *speed) {
	j.latency(frame.TTFB, s.TTFB, "ttfb_ms", s.Interrupted)
	j.latency(frame.Processing, s.Processing, "processing_ms", s.Interrupted)
}

func (j *job) latency(kind frame.Kind, raw jsontext.Value, path string, cut bool) {
	if wire.Absent(raw) {
		return
	}
	ms, err := milliseconds(raw, path)
	take(j.out, frame.Event{Kind: kind, Source: j.source, Value: ms, Cut: cut}, err)
}

func (j *job) used(kind frame.Kind, raw jsontext.Value, path string) {
	if wire.Absent(raw) {
		return
	}
	value, err := amount(kind, raw, path)
	j.use(frame.Event{Kind: kind, Value: value}, value > 0, err)
}

func amount(kind frame.Kind, raw jsontext.Value, path string) (float64, error) {
	if kind == frame.CharactersUsed {
		return wire.WholeNumber(raw, path, frame.MaxCharacters)
	}
	return wire.Number(raw, path, 0, frame.MaxSeconds)
}

// use keeps an amount until all of them are known.
func (j *job) use(event frame.Event, some bool, err error) {
	switch {
	case err != nil:
		j.out.Faults = append(j.out.Faults, wire.Fault(err))
	case !some:
		j.out.Sentinels++
	default:
		j.uses = append(j.uses, event)
	}
}

// done makes the amounts known. Several in one message are the same use in several quantities, of which the vendor bills one.
// A message without anything in it is refused; those that there are is what it could have had.
func (j *job) done(those string) error {
	charged := j.charge()
	terms := j.terms()
	for _, event := range j.uses {
		event.Source, event.Terms, event.Running = j.source, terms, j.RunningTotal
		event.Paired, event.Priced = len(j.uses) > 1, j.Priced || charged
		wire.Take(j.out, event)
	}
	if len(j.out.Events)+len(j.out.Faults)+j.out.Sentinels == 0 {
		return frame.Faultf(frame.MissingField, "", "says nothing: set %s", those)
	}
	return nil
}

// charge takes the money that the use has cost and says whether there is any to take: then the use has no other price.
func (j *job) charge() bool {
	if wire.Absent(j.Cost) {
		return false
	}
	usd, err := wire.Number(j.Cost, "cost_usd", 0, frame.MaxUSD)
	if err == nil && j.RunningTotal {
		err = frame.Faultf(frame.BadValue, "cost_usd", "is what was added to the bill: send it without running_total")
	}
	take(j.out, frame.Event{Kind: frame.Charged, Source: j.source, Value: usd}, err)
	return err == nil
}

// maxChannels is more than any recording has.
const maxChannels = 64

func (j *job) terms() frame.Terms {
	channels, err := whole(j.Channels, "channels", maxChannels)
	if err != nil {
		j.out.Faults = append(j.out.Faults, wire.Fault(err))
	}
	return frame.Terms{ServiceTier: wire.Word(j.ServiceTier, ""), Region: wire.Word(j.Region, ""), Channels: channels}
}
