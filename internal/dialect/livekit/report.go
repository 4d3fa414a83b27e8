package livekit

import (
	"cmp"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// report is a SessionReport: what the Python SDK makes a dictionary of and the JavaScript SDK writes alike, or the latter's
// object as it is. Of its events only the times and the reason of the close are read, for reports that do not tell these
// themselves; its chat history is what was said, and never read.
type report struct {
	CallID      string         `json:"call_id"`
	JobID       string         `json:"job_id"`
	RoomID      string         `json:"room_id"`
	Room        string         `json:"room"`
	Timestamp   wire.Time      `json:"timestamp"`
	StartedAt   wire.Time      `json:"started_at"`
	DurationMs  jsontext.Value `json:"duration_ms"`
	SDKVersion  wire.Mark      `json:"sdk_version"`
	Usage       jsontext.Value `json:"usage"`
	ModelUsage  jsontext.Value `json:"model_usage"`
	CloseReason string         `json:"close_reason"`
	Events      jsontext.Value `json:"events"`
}

// reported is an event of a report.
type reported struct {
	Type      string         `json:"type"`
	CreatedAt jsontext.Value `json:"created_at"`
	Reason    jsontext.Value `json:"reason"`
}

// decodeReport turns a session report into a frame: what the session used, and that it is over. It comes after the session's
// close, and for bots that send nothing else it is the call.
func decodeReport(raw []byte) (frame.Frame, error) {
	var in report
	if err := wire.UnmarshalFolded(raw, &in); err != nil {
		return frame.Frame{}, err
	}
	if !bool(in.SDKVersion) && wire.Absent(in.Usage) && wire.Absent(in.ModelUsage) {
		return frame.Frame{}, ErrUnknown
	}
	out := frame.Frame{CallID: in.CallID, Conversation: cmp.Or(in.JobID, in.RoomID, in.Room), Time: in.Timestamp.Time}
	if !out.Time.IsZero() {
		out.ID = frame.DigestID(raw)
	}
	events := in.history()
	if began := in.began(events); !began.IsZero() {
		say(&out, frame.Event{Kind: frame.CallStarted, Began: began})
	}
	if err := in.takeUsage(&out); err != nil {
		out.Faults = append(out.Faults, wire.Fault(err))
	}
	say(&out, frame.Event{Kind: frame.CallEnded, Name: cmp.Or(closeReason(in.CloseReason), events.closed)})
	return out, nil
}

// history is what is kept of a report's events, of which a long session has thousands.
type history struct {
	first  wire.Time // when the first was, if it tells
	closed string    // the reason of the close, which is the last
}

// UnmarshalJSONFrom takes an array or null.
func (h *history) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	var event reported
	return wire.Each(from, func(i int) error {
		event = reported{}
		err := json.UnmarshalDecode(from, &event)
		if i == 0 && wire.Field(event.CreatedAt, "created_at", &h.first) != nil {
			h.first = wire.Time{}
		}
		var reason string
		if h.closed == "" && event.Type == closed && wire.Field(event.Reason, "reason", &reason) == nil {
			h.closed = wire.Word(reason, "")
		}
		return err
	})
}

// history is the report's, or none where its events are not what we know: the report is of use without them.
func (in *report) history() history {
	var events history
	if wire.Absent(in.Events) || wire.UnmarshalFolded(in.Events, &events) != nil {
		return history{}
	}
	return events
}

func (in *report) takeUsage(out *frame.Frame) error {
	if !wire.Absent(in.Usage) {
		return takeAllTotals(out, in.Usage, "usage")
	}
	if !wire.Absent(in.ModelUsage) {
		return takeAllTotals(out, in.ModelUsage, "modelUsage")
	}
	return nil
}

// began is when the session did, where the report tells.
func (in *report) began(events history) time.Time {
	if !in.StartedAt.IsZero() {
		return in.StartedAt.Time
	}
	ms, err := wire.Number(in.DurationMs, "duration_ms", 0, 1000*frame.MaxSeconds)
	if err == nil && !in.Timestamp.IsZero() {
		return in.Timestamp.Add(-time.Duration(ms * float64(time.Millisecond)))
	}
	return events.first.Time
}

// closeReason is the reason in the words of the close event, for which the report has others (CR_JOB_SHUTDOWN); empty where it
// knows none.
func closeReason(name string) string {
	switch reason := strings.ToLower(strings.TrimPrefix(name, "CR_")); reason {
	case unknown:
		return ""
	case "completed":
		return "task_completed"
	default:
		return wire.Word(reason, "")
	}
}

// usage reads what the session has used so far, model by model. It comes again with every metrics event.
func (in *event) usage(out *frame.Frame, _ []byte) error {
	var usage struct {
		Models jsontext.Value `json:"model_usage"`
	}
	if err := field(in.Usage, "usage", &usage); err != nil {
		return err
	}
	return takeAllTotals(out, usage.Models, "usage.model_usage")
}

// takeAllTotals reads each entry alone: one that is wrong costs itself.
func takeAllTotals(out *frame.Frame, raw jsontext.Value, path string) error {
	var entries wire.List[jsontext.Value]
	if err := wire.Field(raw, path, &entries); err != nil {
		return err
	}
	if len(entries) > wire.MaxData {
		return wire.TooManyData
	}
	for i, entry := range entries {
		takeTotals(out, entry, path+"["+strconv.Itoa(i)+"]")
	}
	return nil
}
