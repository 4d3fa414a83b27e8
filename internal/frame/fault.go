package frame

import "fmt"

// Class groups faults for counting; the set is closed, so that it can be an attribute.
type Class string

// The classes of faults.
const (
	NotJSON        Class = "not_json"
	TooDeep        Class = "too_deep"
	WrongType      Class = "wrong_type"
	BadValue       Class = "bad_value"
	MissingField   Class = "missing_field"
	UnknownMessage Class = "unknown_message"
	UnknownField   Class = "unknown_field"
	NoCallID       Class = "no_call_id"
	CallIDTooLong  Class = "call_id_too_long"
	FutureTime     Class = "future_time"
	CallTooLong    Class = "call_too_long"
)

// Fault says what is wrong with a message or with one datum in it, where, and what would be right. It never
// holds a value of the message: values may be what a caller said.
type Fault struct {
	Class  Class
	Path   string // within the message, as in data[1].value; empty for the message as a whole
	Reason string
}

// Faultf makes a Fault.
func Faultf(class Class, path, format string, args ...any) Fault {
	return Fault{Class: class, Path: path, Reason: fmt.Sprintf(format, args...)}
}

// Error is the fault in one line: the path, if any, and the reason.
func (f Fault) Error() string {
	if f.Path == "" {
		return f.Reason
	}
	return f.Path + ": " + f.Reason
}

// In moves the fault's path below parent, which is empty for the message itself.
func (f Fault) In(parent string) Fault {
	switch {
	case f.Path == "":
		f.Path = parent
	case parent != "" && f.Path[0] == '[': // an element of it
		f.Path = parent + f.Path
	case parent != "":
		f.Path = parent + "." + f.Path
	}
	return f
}
