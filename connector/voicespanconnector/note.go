package voicespanconnector

import (
	"strings"

	"github.com/otelcol-voice/otelcol-voice/connector/voicespanconnector/internal/join"
	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanframe"
)

// note is what is kept of a span beside its frame.
type note struct {
	joined bool           // its call is that of its trace
	rank   spanframe.Rank // how that was found
	ends   bool           // the call is over with it
	reason string
}

// noteOf is the note of a span of which a call has made that.
func noteOf(span *join.Span, verdict call.Verdict) note {
	return note{joined: span.Joined, rank: span.Rank, ends: span.Ends && verdict == call.Accepted, reason: span.Reason}
}

// letters stand for ranks on disk, since their numbers move when one is put between others. A letter never changes its meaning.
var letters = [...]byte{
	spanframe.ByCall: 'c', spanframe.ByConversation: 'v', spanframe.ByGenAI: 'g', spanframe.BySession: 's', spanframe.ByJob: 'j',
	spanframe.ByRoom: 'r', spanframe.ByResource: 'p', spanframe.Unnamed: 'u',
}

// endMark is before the reason of an end, which is the rest.
const endMark = '!'

func (n note) String() string {
	var text []byte
	if n.joined {
		text = append(text, letters[n.rank])
	}
	if n.ends {
		text = append(append(text, endMark), n.reason...)
	}
	return string(text)
}

// readNote reads as much of a note as it knows.
func readNote(text string) (n note) {
	before, reason, ends := strings.Cut(text, string(endMark))
	n.ends, n.reason = ends, reason
	for rank, letter := range letters {
		if before == string(letter) {
			n.joined, n.rank = true, spanframe.Rank(rank)
		}
	}
	return n
}
