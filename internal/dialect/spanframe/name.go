package spanframe

import (
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
)

// Rank is how a call is named; the lower the better.
type Rank uint8

// The ranks. Weaker names are often those of something that several calls share, or of a part of one.
const (
	ByCall         Rank = iota // call_id
	ByConversation             // conversation.id, of Pipecat
	ByGenAI                    // gen_ai.conversation.id
	BySession                  // session.id, of OpenInference
	ByJob                      // lk.job_id, of LiveKit
	ByRoom                     // lk.room_sid
	ByResource                 // what the process says of itself
	Unnamed
)

// Name is what a span or a resource calls the call.
type Name struct {
	ID   string
	Rank Rank
}

// Strong says that the name is that of a conversation, whatever else the span may be.
func (n Name) Strong() bool { return n.Rank <= ByGenAI }

// names are the names that a span has, by rank.
type names [ByResource]string

// take takes an attribute, if it is a name.
func (n *names) take(key string, value pcommon.Value) bool {
	rank := Unnamed
	switch key {
	case "call_id", "call.id":
		rank = ByCall
	case "conversation.id":
		rank = ByConversation
	case "gen_ai.conversation.id":
		rank = ByGenAI
	case "session.id":
		rank = BySession
	case "lk.job_id", "job_id":
		rank = ByJob
	case "lk.room_sid", "room_id":
		rank = ByRoom
	default:
		return false
	}
	if text := nameOf(value); text != "" {
		n[rank] = text
	}
	return true
}

// nameOf is a name as it is sent: many number their calls.
func nameOf(value pcommon.Value) string {
	if value.Type() == pcommon.ValueTypeInt {
		return strconv.FormatInt(value.Int(), 10)
	}
	return spanusage.Text(value)
}

func (n *names) best() Name {
	for rank, id := range n {
		if id != "" {
			return Name{id, Rank(rank)}
		}
	}
	return Name{Rank: Unnamed}
}

// NameOf is what a resource calls the call, where a process serves one. An instance's id is none: most SDKs make one for each
// process, and that may serve many calls.
func NameOf(resource pcommon.Resource) Name {
	var said names
	for key, value := range resource.Attributes().All() {
		if key != "session.id" {
			said.take(key, value)
		}
	}
	name := said.best()
	if name.ID != "" {
		name.Rank = ByResource
	}
	return name
}
