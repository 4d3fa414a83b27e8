// Package wire holds what JSON dialects have in common: identities and timestamps that come in several shapes, and
// decoding errors told in the terms of the message.
//
// The decoder is encoding/json/v2, which is part of Go from 1.27 and is mirrored as a module for the versions before. It
// says where in a message a value is wrong, and takes less than half the time of encoding/json (docs/decoder.md).
package wire

import (
	"errors"
	"math"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// ErrIgnored says that a message is known and carries nothing for us.
var ErrIgnored = errors.New("known message that carries nothing for us")

// ID is an identity: a JSON string or number, kept as it is written. Empty when absent or null.
type ID string

// UnmarshalJSONFrom takes a string, a number or null.
func (id *ID) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	switch from.PeekKind() {
	case 'n':
		return from.SkipValue()
	case '"':
		token, err := from.ReadToken()
		*id = ID(token.String())
		return err
	case '0':
		value, err := from.ReadValue()
		*id = ID(value)
		return err
	}
	return wrongType(from, frame.Faultf(frame.WrongType, "", "must be a string or a number"))
}

// wrongType leaves a value of another type behind; one that is not JSON is the worse fault.
func wrongType(from *jsontext.Decoder, fault frame.Fault) error {
	if err := from.SkipValue(); err != nil {
		return err
	}
	return fault
}

// Time is a moment: Unix seconds as a number (fractions allowed; above 1e11 it must be milliseconds), or an RFC 3339
// string. Zero when absent or null.
type Time struct{ time.Time }

// UnmarshalJSONFrom takes a number, an RFC 3339 string or null.
func (t *Time) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	kind := from.PeekKind()
	if kind != '"' && kind != '0' {
		return t.takeNull(from)
	}
	token, err := from.ReadToken()
	if err != nil {
		return err
	}
	if kind == '"' {
		return t.parse(token.String())
	}
	number, err := token.Float()
	if err != nil {
		return badTime
	}
	return t.fromUnix(number)
}

func (t *Time) takeNull(from *jsontext.Decoder) error {
	if from.PeekKind() == 'n' {
		return from.SkipValue()
	}
	return wrongType(from, badTime)
}

var (
	badTime  = frame.Faultf(frame.WrongType, "", "must be Unix seconds or milliseconds, or an RFC 3339 string with its time zone")
	zoneless = frame.Faultf(frame.WrongType, "",
		"lacks its time zone: must be Unix seconds or milliseconds, or an RFC 3339 string as 2025-11-24T16:00:03Z")
)

func (t *Time) parse(text string) error {
	parsed, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return whyNoTime(text)
	}
	return t.set(parsed)
}

// whyNoTime knows what clocks without a zone print, as Python's datetime.now() does.
func whyNoTime(text string) error {
	for _, layout := range []string{"2006-01-02T15:04:05", time.DateTime} {
		if _, err := time.Parse(layout, text); err == nil {
			return zoneless
		}
	}
	return badTime
}

const (
	// Above it a number can only be milliseconds: it is the year 5138 in seconds and 1973 in milliseconds.
	secondsEnd = 1e11
	// Before the year 2000 it is no wall clock: bots that send a monotonic clock by mistake are told so.
	secondsBegin = 946_684_800
)

// set keeps microseconds: a float64 of Unix seconds holds no more, and what lies below would be noise in durations
// (1764000074.2 - 1764000000.0 is 74.2, not 74.200000047).
func (t *Time) set(at time.Time) error {
	if seconds := at.Unix(); seconds < secondsBegin || seconds >= secondsEnd {
		return frame.Faultf(frame.BadValue, "",
			"must be Unix seconds (or milliseconds) of this century: is it a monotonic clock, or another unit?")
	}
	t.Time = at.UTC().Round(time.Microsecond)
	return nil
}

func (t *Time) fromUnix(number float64) error {
	if number >= secondsEnd {
		number /= 1000
	}
	if math.Abs(number) >= secondsEnd {
		number = 0 // out of every range; what it would be as a time is undefined
	}
	return t.set(time.UnixMicro(int64(math.Round(number * 1e6))))
}

// Mark says that a field is there and neither null nor an empty text. What it holds is not kept.
type Mark bool

// UnmarshalJSONFrom skips the value.
func (m *Mark) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	value, err := from.ReadValue()
	*m = Mark(err == nil && !Absent(value) && string(value) != `""`)
	return err
}

// Unmarshal decodes one JSON value. Names are matched exactly and may not repeat; text that is not UTF-8 is mended, for
// bots cut texts in the middle of a character. The error is a frame.Fault, see Fault.
func Unmarshal(data []byte, into any) error {
	if err := json.Unmarshal(data, into, jsontext.AllowInvalidUTF8(true)); err != nil {
		return Fault(err)
	}
	return nil
}

// UnmarshalFolded is Unmarshal for vendors whose SDKs write the same name in snake_case and in camelCase: a field takes
// either.
func UnmarshalFolded(data []byte, into any) error {
	err := json.Unmarshal(data, into, jsontext.AllowInvalidUTF8(true), json.MatchCaseInsensitiveNames(true))
	if err != nil {
		return Fault(err)
	}
	return nil
}

// Fault tells a decoding error in the terms of the message: its class, the path of the field and what it should be.
// It carries none of the message's values.
func Fault(err error) frame.Fault {
	var fault frame.Fault
	var semantic *json.SemanticError
	var syntactic *jsontext.SyntacticError
	switch {
	case errors.As(err, &fault):
		if fault.Path == "" && errors.As(err, &semantic) { // from a type of ours, which does not know which field it is
			fault.Path = path(semantic.JSONPointer)
		}
		return fault
	case errors.As(err, &semantic):
		return frame.Faultf(frame.WrongType, path(semantic.JSONPointer), "must be %s", wanted(semantic))
	case errors.Is(err, jsontext.ErrDuplicateName):
		return frame.Faultf(frame.NotJSON, "", "the same name stands twice in one object")
	case errors.As(err, &syntactic):
		return frame.Faultf(frame.NotJSON, "", "not JSON: broken at byte %d of the message", syntactic.ByteOffset)
	}
	return frame.Faultf(frame.NotJSON, "", "not JSON")
}

// path writes a JSON pointer as field names are written in code: data[1].value.
func path(pointer jsontext.Pointer) string {
	var path strings.Builder
	for token := range pointer.Tokens() {
		switch {
		case token != "" && strings.Trim(token, "0123456789") == "":
			path.WriteString("[" + token + "]")
		case path.Len() > 0:
			path.WriteString("." + token)
		default:
			path.WriteString(token)
		}
	}
	return path.String()
}

// wanted names the type that a field should have had, with its article.
func wanted(err *json.SemanticError) string {
	switch err.GoType.Kind() {
	case reflect.String:
		return "a string"
	case reflect.Slice, reflect.Array:
		return "an array"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Int64:
		return "a whole number, without a fraction or exponent"
	case reflect.Bool:
		return "true or false"
	}
	return "a number"
}
