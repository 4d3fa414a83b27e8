package voice

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// decode reads an object into a flat struct. Fields that the struct does not have are the faults; the error is a frame.Fault
// that leaves nothing of the object.
func decode(raw []byte, into any) ([]frame.Fault, error) {
	err := strictly(raw, into)
	if !errors.Is(err, json.ErrUnknownName) {
		return nil, told(err)
	}
	faults := unknownFields(raw, names(reflect.TypeOf(into).Elem()))
	return faults, wire.Unmarshal(raw, into)
}

// decodeWhole reads an object all of whose fields, on every level, have to be known: parts of one number, which without a
// part would be another.
func decodeWhole(raw []byte, into any) error { return told(strictly(raw, into)) }

func strictly(raw []byte, into any) error {
	return json.Unmarshal(raw, into, jsontext.AllowInvalidUTF8(true), json.RejectUnknownMembers(true))
}

// told is a decoding error as a frame.Fault.
func told(err error) error {
	var semantic *json.SemanticError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, json.ErrUnknownName) && errors.As(err, &semantic):
		parent := strings.ReplaceAll(strings.TrimPrefix(string(semantic.JSONPointer.Parent()), "/"), "/", ".")
		return unknownField(semantic.JSONPointer.LastToken(), names(semantic.GoType)).In(parent)
	}
	return wire.Fault(err)
}

// mostUnknown is how many unknown fields of an object are told one by one.
const mostUnknown = 10

// unknownFields finds the names in an object that are not among the known ones. The object is known to be JSON.
func unknownFields(object []byte, known []string) []frame.Fault {
	var faults []frame.Fault
	decoder := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowInvalidUTF8(true))
	for _, err := decoder.ReadToken(); err == nil && decoder.PeekKind() == '"'; err = decoder.SkipValue() {
		token, err := decoder.ReadToken()
		if err != nil {
			break
		}
		name := token.String()
		switch {
		case slices.Contains(known, name):
		case len(faults) == mostUnknown:
			return append(faults, frame.Faultf(frame.UnknownField, "", "and more fields that it does not have"))
		default:
			faults = append(faults, unknownField(name, known))
		}
	}
	return faults
}

// unknownField is the fault of a field that its object does not have. What is more than a name is not repeated: it may be what
// somebody said.
func unknownField(name string, known []string) frame.Fault {
	return frame.Faultf(frame.UnknownField, wire.Word(name, "other"), "no such field here: %s", suggest(name, known))
}

// names are the fields of a struct as they are written in JSON.
func names(of reflect.Type) []string {
	var all []string
	for i := range of.NumField() {
		field := of.Field(i)
		if field.Anonymous {
			all = append(all, names(field.Type)...)
			continue
		}
		all = append(all, field.Tag.Get("json"))
	}
	return all
}
