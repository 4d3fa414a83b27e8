package wire

import (
	"strconv"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

type listed struct {
	List  List[struct{ FirstName string }] `json:"list"`
	Named Named[jsontext.Value]            `json:"named"`
}

func TestList(t *testing.T) {
	var in listed
	require.NoError(t, UnmarshalFolded([]byte(`{"list":[{"first_name":"a"},{"firstName":"b"}],"named":{"x":1,"y":[2]}}`), &in))
	assert.Equal(t, List[struct{ FirstName string }]{{"a"}, {"b"}}, in.List, "the elements are read as the message is")
	assert.Equal(t, Named[jsontext.Value]{"x": jsontext.Value("1"), "y": jsontext.Value("[2]")}, in.Named)

	require.NoError(t, Unmarshal([]byte(`{"list":[],"named":{}}`), &in))
	assert.NotNil(t, in.List)
	assert.Empty(t, in.List)
	assert.Empty(t, in.Named)
	require.NoError(t, Unmarshal([]byte(`{"list":null,"named":null}`), &in))
	assert.Nil(t, in.List)
	assert.Nil(t, in.Named)
}

// Too many are seen to be, and not kept.
func TestListOfTooMany(t *testing.T) {
	var names []string
	for i := range 3 * MaxData {
		names = append(names, strconv.Quote(strconv.Itoa(i))+":"+strconv.Itoa(i))
	}
	var in listed
	text := `{"list":[{}` + strings.Repeat(",{}", 3*MaxData) + `],"named":{` + strings.Join(names, ",") + `}}`
	require.NoError(t, Unmarshal([]byte(text), &in))
	assert.Len(t, in.List, MaxData+1)
	assert.Len(t, in.Named, MaxData+1)
	assert.Error(t, Unmarshal([]byte(strings.Replace(text, "}]", "},]", 1)), &in), "what is passed over is JSON as well")
	assert.Error(t, Unmarshal([]byte(strings.Replace(text, ":2999", ":", 1)), &in))
}

func TestListFaults(t *testing.T) {
	for text, want := range map[string]string{
		`{"list":{}}`:                   "list: must be an array",
		`{"list":[{},5]}`:               "list[1]: must be an object",
		`{"list":[{},{"FirstName":5}]}`: "list[1].FirstName: must be a string",
		`{"list":[{},`:                  "not JSON: broken at byte 12 of the message",
		`{"list":[{} {}]}`:              "not JSON: broken at byte 12 of the message",
		`{"named":[]}`:                  "named: must be an object",
		`{"named":{"a":1,"a":2}}`:       "the same name stands twice in one object",
		`{"list":[{"a":1,"a":2}]}`:      "the same name stands twice in one object",
		`{"named":{"a":1,`:              "not JSON: broken at byte 16 of the message",
	} {
		var in listed
		err := Unmarshal([]byte(text), &in)
		assert.EqualError(t, err, want, text)
	}
}
