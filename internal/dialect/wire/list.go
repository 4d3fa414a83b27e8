package wire

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// List is a JSON array of which no more than MaxData+1 elements are kept: enough to see that there are too many, whatever
// two bytes a piece ("1,") claim to be. The others are passed over, and only have to be JSON.
type List[T any] []T

// UnmarshalJSONFrom takes an array or null.
func (l *List[T]) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	if *l = nil; from.PeekKind() == '[' {
		*l = List[T]{} // which is not null
	}
	return Each(from, func(int) error {
		if len(*l) > MaxData {
			return from.SkipValue()
		}
		var element T
		err := json.UnmarshalDecode(from, &element)
		*l = append(*l, element)
		return err
	})
}

// Each visits the elements of an array, for types that keep only some of them. The visitor has to take each from the decoder.
// Null has no elements. The error is a frame.Fault, or of the decoder where the array is not JSON.
func Each(from *jsontext.Decoder, visit func(index int) error) error {
	switch from.PeekKind() {
	case 'n':
		return from.SkipValue()
	case '[':
	default:
		return wrongType(from, frame.Faultf(frame.WrongType, "", "must be an array"))
	}
	_, err := from.ReadToken()
	for i := 0; err == nil && from.PeekKind() != ']'; i++ {
		err = visit(i)
	}
	if err != nil {
		return within(err)
	}
	_, err = from.ReadToken()
	return err
}

// Named is a JSON object of things by their names, of which no more are kept than of a List.
type Named[T any] map[string]T

// UnmarshalJSONFrom takes an object or null.
func (n *Named[T]) UnmarshalJSONFrom(from *jsontext.Decoder) error {
	*n = nil
	switch from.PeekKind() {
	case 'n':
		return from.SkipValue()
	case '{':
	default:
		return wrongType(from, frame.Faultf(frame.WrongType, "", "must be an object"))
	}
	*n = Named[T]{}
	_, err := from.ReadToken()
	for err == nil && from.PeekKind() != '}' {
		err = n.member(from)
	}
	if err != nil {
		return within(err)
	}
	_, err = from.ReadToken()
	return err
}

func (n *Named[T]) member(from *jsontext.Decoder) error {
	if len(*n) > MaxData {
		if err := from.SkipValue(); err != nil { // its name
			return err
		}
		return from.SkipValue()
	}
	token, err := from.ReadToken()
	if err != nil {
		return err
	}
	name := token.String() // the token is the decoder's, and only until it reads on
	var element T
	err = json.UnmarshalDecode(from, &element)
	(*n)[name] = element
	return err
}

// within keeps where in an array or object an error is: the decoder will know no more than which array it was.
func within(err error) error {
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return Fault(err)
	}
	return err
}
