package livekit

import (
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/openairealtime"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// metrics is a metrics object of any type. Which fields are set depends on Type; tokens are read apart, for one that is
// wrong shall not cost the rest.
type metrics struct {
	Type      string    `json:"type"`
	Label     string    `json:"label"`
	Timestamp wire.Time `json:"timestamp"`
	Cancelled bool      `json:"cancelled"`
	Metadata  metadata  `json:"metadata"`

	TTFT                 jsontext.Value `json:"ttft"`
	TTFTMs               jsontext.Value `json:"ttft_ms"`
	TTFB                 jsontext.Value `json:"ttfb"`
	TTFBMs               jsontext.Value `json:"ttfb_ms"`
	Duration             jsontext.Value `json:"duration"`
	DurationMs           jsontext.Value `json:"duration_ms"`
	TranscriptionDelay   jsontext.Value `json:"transcription_delay"`
	TranscriptionDelayMs jsontext.Value `json:"transcription_delay_ms"`
	AudioDuration        jsontext.Value `json:"audio_duration"`
	AudioDurationMs      jsontext.Value `json:"audio_duration_ms"`
	SessionDuration      jsontext.Value `json:"session_duration"`
	SessionDurationMs    jsontext.Value `json:"session_duration_ms"`
	Characters           jsontext.Value `json:"characters_count"`
}

// readers are the metrics that mean something. Voice activity and end-of-turn detection, avatars and whatever LiveKit adds
// are no stages of the answer and cost nothing by use.
var readers = map[string]func(*reader){
	llmMetrics:      (*reader).llm,
	sttMetrics:      (*reader).stt,
	ttsMetrics:      (*reader).tts,
	"eou_metrics":   (*reader).endOfUtterance,
	realtimeMetrics: (*reader).realtime,
}

// stages are of what the metrics tell that can stand on a span.
var stages = map[string]frame.Stage{
	llmMetrics: frame.LLM, sttMetrics: frame.STT, ttsMetrics: frame.TTS, realtimeMetrics: frame.Realtime,
}

const (
	llmMetrics      = "llm_metrics"
	sttMetrics      = "stt_metrics"
	ttsMetrics      = "tts_metrics"
	realtimeMetrics = "realtime_model_metrics"
)

// reader reads a metrics object into a frame, each datum alone: one that is wrong costs itself.
type reader struct {
	metrics
	raw  []byte
	path string // of the object in its message
	out  *frame.Frame

	broken bool // something of what was used is no use
}

// takeMetrics reads a metrics object at a path. Its identity is the object's and not its event's: LiveKit sends some objects
// in two events.
func takeMetrics(out *frame.Frame, raw []byte, path string) error {
	_, err := typedMetrics(out, raw, path)
	return err
}

// account is what is told of an object that was read.
type account struct {
	kind   string
	broken bool // something of what was used is no use
}

// typedMetrics is takeMetrics, and says of which type the object is.
func typedMetrics(out *frame.Frame, raw []byte, path string) (account, error) {
	if wire.Absent(raw) {
		return account{}, wire.Missing(path)
	}
	r := reader{raw: raw, path: path, out: out}
	if err := wire.UnmarshalFolded(raw, &r.metrics); err != nil {
		return account{}, wire.Fault(err).In(path)
	}
	if r.Type == "" {
		return account{}, frame.Faultf(frame.MissingField, "type", "missing: dump the metrics whole, without exclude_defaults").In(path)
	}
	read, known := readers[r.Type]
	if !known {
		return account{}, wire.ErrIgnored
	}
	if !r.Timestamp.IsZero() {
		out.Time, out.ID = r.Timestamp.Time, frame.DigestID(raw)
	}
	read(&r)
	return account{r.Type, r.broken}, nil
}

func (r *reader) llm() {
	source := r.source(frame.LLM)
	r.latencies(source, seconds("ttft", r.TTFT).orMs("ttftMs", r.TTFTMs))
	var usage llmUsage
	r.tokens(source, &usage)
}

// realtime reads what a speech-to-speech model used. Tokens and the time of the session in one message are a pair: the
// vendor bills one of them (OpenAI tokens, xAI the session).
func (r *reader) realtime() {
	source := r.source(frame.Realtime)
	r.latencies(source, seconds("ttft", r.TTFT).orMs("ttftMs", r.TTFTMs))
	tokens, tokensErr := r.count(&openairealtime.Usage{})
	session := seconds("session_duration", r.SessionDuration).orMs("sessionDurationMs", r.SessionDurationMs)
	open, openErr := session.ms(0)
	paired := open > 0 && !tokens.Zero()
	r.use(frame.Event{Kind: frame.TokensUsed, Source: source, Tokens: tokens, Paired: paired}, true, tokensErr)
	r.use(frame.Event{Kind: frame.RealtimeConnected, Source: source, Value: open / 1000, Paired: paired}, session.said, openErr)
	r.postdate()
}

// postdate moves the frame to when the response was done: these metrics alone are dated from when it was created.
func (r *reader) postdate() {
	ms, err := r.whole().ms(0)
	if err == nil && !r.Timestamp.IsZero() {
		r.out.Time = r.Timestamp.Add(time.Duration(ms * float64(time.Millisecond))).Round(time.Microsecond)
	}
}

// stt reads what was transcribed. The tokens that some models report beside the audio are left out: the price book has
// them by the minute.
func (r *reader) stt() {
	source := r.source(frame.STT)
	r.latency(frame.Processing, source, r.whole())
	r.heard(source, seconds("audio_duration", r.AudioDuration).orMs("audioDurationMs", r.AudioDurationMs))
}

// endOfUtterance reads how long the transcript took after the user's last word. The label and metadata of these metrics
// are the turn detector's.
func (r *reader) endOfUtterance() {
	delay := seconds("transcription_delay", r.TranscriptionDelay).orMs("transcriptionDelayMs", r.TranscriptionDelayMs)
	r.latency(frame.TTFB, frame.Source{Stage: frame.STT}, delay)
}

// latencies takes the time to the first token or byte and that of the whole request. Those of a cancelled request tell
// when the user interrupted, not how fast the service is, and are marked.
func (r *reader) latencies(source frame.Source, first duration) {
	r.latency(frame.TTFB, source, first)
	r.latency(frame.Processing, source, r.whole())
}

func (r *reader) whole() duration {
	return seconds("duration", r.Duration).orMs("durationMs", r.DurationMs)
}

func (r *reader) latency(kind frame.Kind, source frame.Source, d duration) {
	ms, err := d.ms(-frame.MaxSeconds)
	r.take(frame.Event{Kind: kind, Source: source, Value: ms, Cut: r.Cancelled}, d.said, err)
}

func (r *reader) heard(source frame.Source, d duration) {
	ms, err := d.ms(0)
	r.use(frame.Event{Kind: frame.AudioTranscribed, Source: source, Value: ms / 1000}, d.said, err)
}

// use takes what was used.
func (r *reader) use(event frame.Event, said bool, err error) {
	r.broken = r.broken || said && err != nil
	r.take(event, said, err)
}

func (r *reader) take(event frame.Event, said bool, err error) {
	switch {
	case !said:
	case err != nil:
		r.reject(err)
	default:
		wire.Take(r.out, event)
	}
}

func (r *reader) reject(err error) {
	r.out.Faults = append(r.out.Faults, wire.Fault(err).In(r.path))
}
