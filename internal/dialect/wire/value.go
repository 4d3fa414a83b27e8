package wire

import (
	"bytes"
	"math"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// MaxText is where texts that become attributes are cut, in bytes.
const MaxText = 256

// Text bounds a text that becomes an attribute, without cutting a character in two.
func Text(text string) string {
	if len(text) <= MaxText {
		return text
	}
	// A copy, for what is kept of it would keep all of it.
	return strings.Clone(strings.ToValidUTF8(text[:MaxText], ""))
}

// Word is a text that names a thing (a function, a category, a reason), fit for an attribute; "other" where it is more than
// a name, for it may be what somebody said, and it would be a series for ever.
func Word(text, otherwise string) string {
	const longest = 64
	switch {
	case text == "":
		return otherwise
	case len(text) > longest || strings.ContainsFunc(text, notInNames):
		return "other"
	}
	return text
}

func notInNames(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-.:/", r)
}

// Slug is a short label of a few words made a name, fit for an attribute: "LLM inference" is llm_inference. It is "other"
// where it is more than a label.
func Slug(text string) string {
	const longest, mostWords = 64, 4
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	slug := strings.Join(words, "_")
	if slug == "" || len(slug) > longest || len(strings.Fields(text)) > mostWords {
		return "other"
	}
	return slug
}

// Number is a finite number within bounds; path names it in the fault.
func Number(raw jsontext.Value, path string, least, most float64) (float64, error) {
	if Absent(raw) {
		return 0, Missing(path)
	}
	n, err := strconv.ParseFloat(string(raw), 64)
	if raw.Kind() != '0' || err != nil {
		return 0, frame.Faultf(frame.WrongType, path, "must be a finite number")
	}
	if n < least || n > most {
		return 0, frame.Faultf(frame.BadValue, path, "must be between %g and %g", least, most)
	}
	return n, nil
}

// WholeNumber is a number of things.
func WholeNumber(raw jsontext.Value, path string, most float64) (float64, error) {
	n, err := Number(raw, path, 0, most)
	if err == nil && n != math.Trunc(n) {
		err = frame.Faultf(frame.BadValue, path, "must be a whole number")
	}
	return n, err
}

// Field decodes the value of a field that has to be there; path names it in the fault.
func Field(raw jsontext.Value, path string, into any) error {
	if Absent(raw) {
		return Missing(path)
	}
	if err := Unmarshal(raw, into); err != nil {
		return Fault(err).In(path)
	}
	return nil
}

// Absent says that a field is not there, or null.
func Absent(raw jsontext.Value) bool {
	return len(raw) == 0 || bytes.Equal(raw, []byte("null"))
}

// Missing is the fault of a field that has to be there.
func Missing(path string) frame.Fault { return frame.Faultf(frame.MissingField, path, "missing") }

// MaxData is how many data a message may hold. Frameworks send a handful; memory must not grow with what a few bytes can
// claim.
const MaxData = 1000

// TooManyData is the fault of a message that holds more than MaxData.
var TooManyData = frame.Faultf(frame.BadValue, "data", "more than %d data in one frame", MaxData)

// Take adds an event to a frame unless it is empty (nothing for us) or says "no value".
func Take(out *frame.Frame, event frame.Event) {
	const usual = 2 // events of one message
	switch {
	case event.Kind == 0:
	case isSentinel(&event):
		out.Sentinels++
	default:
		if out.Events == nil {
			out.Events = make([]frame.Event, 0, usual)
		}
		out.Events = append(out.Events, event)
	}
}

// isSentinel recognises what frameworks send for "no value": zeros (Pipecat's all-zero MetricsFrame at every pipeline
// start, LiveKit's duration of a stream) and negative latencies (LiveKit's -1, Pipecat's speech recognition before 1.8).
func isSentinel(event *frame.Event) bool {
	switch event.Kind {
	case frame.TTFB, frame.Processing, frame.Answered:
		return event.Value <= 0
	case frame.CharactersUsed, frame.AudioTranscribed, frame.RealtimeConnected:
		return event.Value == 0
	case frame.TokensUsed:
		return event.Tokens.Zero()
	}
	return false
}
