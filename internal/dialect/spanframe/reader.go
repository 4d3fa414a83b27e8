package spanframe

import (
	"encoding/binary"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// Span is what a span says.
type Span struct {
	// Name is what the span calls the call.
	Name Name
	// Frame is what it tells, without a call. Its identity is that of the span. It may have no events: what somebody did is a
	// sign of life.
	Frame frame.Frame
	// Framework is whose span it is.
	Framework Framework
	// Ends says that the call is over with it; Reason why, or "".
	Ends   bool
	Reason string
	// Turn is the number of the turn that it is, from 1; 0: it is none, or has no number.
	Turn int
	// Family is what its use is of, if it is of one request, which spans in it or around it may tell of as well; 0: it is of none.
	Family spanusage.Family
	// Tool says that it is a call of a tool, and so nobody's around it what those in it tell.
	Tool bool
}

// Framework is who made a span.
type Framework string

// The frameworks.
const (
	Pipecat       Framework = "pipecat"
	OpenInference Framework = "openinference"
	LiveKit       Framework = "livekit"
	GenAI         Framework = "gen_ai"
)

// Frameworks are all of them.
var Frameworks = []Framework{Pipecat, OpenInference, LiveKit, GenAI}

// Verdict is what a span is to a call.
type Verdict uint8

// The verdicts.
const (
	Nothing Verdict = iota // it is none of a voice bot's, or contains what others tell. It may have a name all the same
	Told                   // it tells something
	Ours                   // it is of our components' making, and tells what frames have told
)

// Reader reads spans, one after another. It is not safe for concurrent use.
type Reader struct {
	scope string // of the span at hand
	said  said
	began time.Time // when the span at hand did; zero: it does not say
	took  float64   // how long it is, in milliseconds; 0: it does not say
	usage spanusage.Reader
	texts wire.Texts
	json  []byte
}

// NewReader makes a reader.
func NewReader() *Reader { return &Reader{usage: spanusage.Reader{TakePaid: true}} }

// Forget lets go of what was read last, which holds texts of the span.
func (r *Reader) Forget() {
	r.said, r.scope = said{}, ""
	r.usage.Forget()
}

// Read reads a span into out, whose events are appended to what room out.Frame.Events has. The scope is the name of its
// instrumentation scope.
func (r *Reader) Read(span ptrace.Span, scope string, out *Span) Verdict {
	*out = Span{Frame: frame.Frame{Events: out.Frame.Events[:0]}}
	r.said, r.scope = said{}, scope
	for key, value := range span.Attributes().All() {
		r.said.attribute(key, value)
	}
	out.Name = r.said.names.best()
	r.begin(span, &out.Frame)
	out.Framework = r.framework(scope)
	out.Frame.ID = identity(span)
	out.Frame.Time = ended(span)
	out.Frame.Trace = frame.Trace{TraceID: span.TraceID(), SpanID: span.SpanID()}
	verdict := r.read(span, out)
	if verdict == Told {
		// Nobody else may tell when the call began: it did at the latest when this did.
		say(out, frame.Event{Kind: frame.CallStarted, Began: r.began})
	}
	return verdict
}

func (r *Reader) read(span ptrace.Span, out *Span) Verdict {
	if read := r.special(span.Name()); read != nil {
		return read(r, span, out)
	}
	return r.operation(span, out)
}

// special is what reads the spans that are more, or other, than a request.
func (r *Reader) special(name string) func(*Reader, ptrace.Span, *Span) Verdict {
	s := &r.said
	switch name {
	case "conversation":
		if s.names[ByConversation] != "" {
			return (*Reader).conversation
		}
	case "turn", "pipecat.conversation.turn":
		if s.hasTurn {
			return (*Reader).turn
		}
	case "llm_tool_result":
		return (*Reader).tool
	case "agent_session", "user_turn", "agent_turn", "function_tool":
		if s.liveKit {
			return liveKitSpans[name]
		}
	}
	if s.operation == "execute_tool" || s.kind == "TOOL" {
		return (*Reader).tool
	}
	return nil
}

// framework goes by the scope, and where somebody has renamed that, by the names of attributes.
func (r *Reader) framework(scope string) Framework {
	s := &r.said
	switch {
	case s.liveKit, scope == "livekit-agents":
		return LiveKit
	case s.kind != "":
		return OpenInference
	case strings.HasPrefix(scope, "pipecat"), s.hasTurn, strings.HasPrefix(s.ttfb.field, "metrics."):
		return Pipecat
	}
	return GenAI
}

// identity is that of the span: one that is sent again has the same.
func identity(span ptrace.Span) frame.ID {
	trace, id := span.TraceID(), span.SpanID()
	if id.IsEmpty() {
		return identityByTime(span)
	}
	var key [24]byte
	copy(key[:16], trace[:])
	copy(key[16:], id[:])
	return frame.DigestID(key[:])
}

// identityByTime is that of a span that does not say which it is: by when it was, to the nanosecond, and its name. Without a time
// there is none.
func identityByTime(span ptrace.Span) frame.ID {
	if span.StartTimestamp() == 0 && span.EndTimestamp() == 0 {
		return 0
	}
	trace, name := span.TraceID(), span.Name()
	key := make([]byte, 0, len(trace)+16+len(name))
	key = append(key, trace[:]...)
	key = binary.LittleEndian.AppendUint64(key, uint64(span.StartTimestamp()))
	key = binary.LittleEndian.AppendUint64(key, uint64(span.EndTimestamp()))
	return frame.DigestID(append(key, name...))
}

// EndID is the identity of the end that a span tells, which is told apart from what else it tells.
func EndID(id frame.ID) frame.ID {
	if id == 0 {
		return 0
	}
	var key [8]byte
	binary.LittleEndian.PutUint64(key[:], uint64(id))
	return frame.ID(max(1, ^xxhash.Sum64(key[:])))
}

// ended is when the span tells what it tells.
func ended(span ptrace.Span) time.Time {
	at := span.EndTimestamp()
	if at == 0 {
		at = span.StartTimestamp()
	}
	if at == 0 {
		return time.Time{}
	}
	return at.AsTime()
}

// begin reads when the span began and how long it is. A beginning that cannot be is a fault of its own: who began in 1970 has not
// worked for a week, nor does the call last since.
func (r *Reader) begin(span ptrace.Span, out *frame.Frame) {
	start, end := span.StartTimestamp(), span.EndTimestamp()
	r.began, r.took = time.Time{}, 0
	switch {
	case start == 0:
	case start.AsTime().Before(Year2000), end > start && end-start > maxLength:
		out.Faults = append(out.Faults, beginning)
	default:
		r.began = start.AsTime()
		if end > start {
			r.took = float64((end-start)/1000) / 1000
		}
	}
}

// Year2000 is before any bot spoke: whose clock says less counts from when its machine was started.
var Year2000 = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

const maxLength = frame.MaxSeconds * pcommon.Timestamp(time.Second)

var beginning = frame.Faultf(frame.BadValue, "start_time", "must be since 2000, and a week before the end at most")

func say(out *Span, event frame.Event) { out.Frame.Events = append(out.Frame.Events, event) }
