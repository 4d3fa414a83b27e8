package spanusage

import (
	"errors"

	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/livekit"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Usage is what one operation used.
type Usage struct {
	// Source says who did it. Its model is the one that answered, or else the one that was asked for.
	Source frame.Source
	// Asked is the model that was asked for, where another one answered.
	Asked      string
	Terms      frame.Terms
	Tokens     frame.Tokens
	Characters float64 // sent to speech synthesis
	Heard      float64 // seconds of audio sent to speech recognition
	Open       float64 // seconds that a session with a realtime model was open
	// Alone says that this is what the span used by itself, whatever the spans in it used.
	Alone bool
}

// Paired says whether the same use is told in two quantities, of which the vendor bills one: characters and tokens of speech,
// or the tokens and the open time of a realtime model.
func (u *Usage) Paired() bool { return (u.Characters > 0 || u.Open > 0) && !u.Tokens.Zero() }

func (u *Usage) nothing() bool {
	return u.Tokens.Zero() && u.Characters == 0 && u.Heard == 0 && u.Open == 0
}

// Verdict is what a span is to whoever counts usage.
type Verdict uint8

// The verdicts.
const (
	Nothing    Verdict = iota // it tells of no usage
	Used                      // it is an operation, and used what Usage says
	Unused                    // it is an operation that says it used nothing
	Container                 // what it tells is the sum of what is in it
	Paid                      // it says what it cost
	Impossible                // it tells what cannot be: a negative count, or parts that are more than the whole
	Marked                    // it has what our components leave for each other (voice.tx.*): it is not a bot's, or not only
)

// Reader reads spans, one after another. It is not safe for concurrent use.
type Reader struct {
	// Usage is that of the span that was read last, if that was Used.
	Usage Usage
	// TakePaid reads spans that say what they cost like all others: for whoever counts use, and not money.
	TakePaid bool

	said  said
	json  []byte
	texts wire.Texts
}

// Read says what a span is. The scope is the name of its instrumentation scope.
func (r *Reader) Read(span ptrace.Span, scope string) Verdict {
	r.said = said{}
	for key, value := range span.Attributes().All() {
		r.said.attribute(key, value)
	}
	switch s := &r.said; {
	case s.marked:
		return Marked
	case s.paid && !r.TakePaid:
		return Paid
	case !s.told:
		return Nothing
	case !s.isOperation(span):
		return Container
	}
	return r.use(scope)
}

// Operation says who did what the span that was read last is about, if that is an operation, whether it tells of usage or not.
func (r *Reader) Operation(span ptrace.Span) (by frame.Source, is bool) {
	if !r.said.isOperation(span) {
		return frame.Source{}, false
	}
	var u Usage
	r.said.describe(&u)
	return u.Source, true
}

// Family is what the use is of that the span that was read last tells of, whatever it is.
func (r *Reader) Family() Family { return FamilyOf(r.said.stage(), r.Aside()) }

// Aside says whether the span that was read last is of a request that is no answer.
func (r *Reader) Aside() bool { return r.said.isAside() }

// Tool says whether the span that was read last is a call of a tool, which is called so. What a tool does is its own use, and not
// that of who called it.
func (r *Reader) Tool(name string) bool { return r.said.isTool(name) }

// Forget lets go of what was read last, which holds texts of the span.
func (r *Reader) Forget() { r.Usage, r.said = Usage{}, said{} }

// use puts the usage together. What LiveKit has in its own attribute is the whole of it: the conventions' attributes beside
// it tell a part of the same once more, and count only where the other cannot be read, or tells no use that can be.
func (r *Reader) use(scope string) Verdict {
	s, u := &r.said, &r.Usage
	*u = Usage{}
	s.describe(u)
	unread := errUnread
	if s.liveKit {
		unread = r.readMetrics()
	}
	switch {
	case unread == nil:
	case !s.counted && errors.Is(unread, wire.ErrIgnored):
		return Nothing
	case !r.count(isPipecat(scope)):
		return Impossible
	}
	if u.nothing() {
		return Unused
	}
	return Used
}

// MaxMetrics is more than thirty times what LiveKit's metrics have, in bytes. What is longer is something else, and not read.
const MaxMetrics = 1 << 14

var errUnread = errors.New("not LiveKit's metrics")

// readMetrics reads what LiveKit says was used.
func (r *Reader) readMetrics() error {
	metrics := first(r.said.metrics[:])
	if len(metrics) > MaxMetrics {
		return errUnread
	}
	r.json = append(r.json[:0], metrics...)
	used, err := livekit.ReadUsed(r.json, &r.texts)
	if err != nil {
		return err
	}
	u := &r.Usage
	u.Tokens, u.Characters, u.Heard, u.Open = used.Tokens, used.Characters, used.Heard, used.Open
	u.Source.Stage = used.Source.Stage
	if used.Source.Provider != "" {
		u.Source.Provider = used.Source.Provider
	}
	if used.Source.Model != "" {
		u.Source.Model, u.Asked = used.Source.Model, ""
	}
	return nil
}

// count reads what the single attributes say was used.
func (r *Reader) count(pipecat bool) bool {
	s, u := &r.said, &r.Usage
	if s.broken || !s.counted {
		return false
	}
	u.Characters, u.Heard = float64(s.characters), s.heard
	if u.Source.Stage == frame.STT && u.Heard > 0 {
		return true // the tokens that some models report beside the audio are left out, as those of LiveKit's metrics are
	}
	return s.counts.divide(&u.Tokens, s.counter(u.Source), pipecat || s.pipecat)
}
