package voice

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const schemaFile = "../../../docs/frames.schema.json"

// schema is a check of one message against the published schema, which has to be a valid one itself.
func schema(t *testing.T) func(message string) error {
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("frames.schema.json", document))
	compiled, err := compiler.Compile("frames.schema.json")
	require.NoError(t, err)
	return func(message string) error {
		instance, err := jsonschema.UnmarshalJSON(strings.NewReader(message))
		require.NoError(t, err, message)
		return compiled.Validate(instance)
	}
}

func typeOf(t *testing.T, message string) string {
	var head struct{ Type string }
	require.NoError(t, json.Unmarshal([]byte(message), &head))
	return head.Type
}

// node is a part of the schema, as far as the tests go into it.
type node struct {
	Ref         string           `json:"$ref"`
	Description string           `json:"description"`
	Const       any              `json:"const"`
	Type        any              `json:"type"`
	Minimum     *float64         `json:"minimum"`
	Maximum     *float64         `json:"maximum"`
	Additional  *bool            `json:"additionalProperties"`
	Items       *node            `json:"items"`
	Properties  map[string]*node `json:"properties"`
	OneOf       []*node          `json:"oneOf"`
	Defs        map[string]*node `json:"$defs"`
}

func parseSchema(t *testing.T) *node {
	text, err := os.ReadFile(schemaFile)
	require.NoError(t, err)
	root := new(node)
	require.NoError(t, json.Unmarshal(text, root))
	return root
}

// resolve follows a reference; what stands beside it holds as well.
func (root *node) resolve(n *node) *node {
	name, isRef := strings.CutPrefix(n.Ref, "#/$defs/")
	if !isRef {
		return n
	}
	resolved := *root.Defs[name]
	if n.Description != "" {
		resolved.Description = n.Description
	}
	return &resolved
}

// messages are the schema's messages by type.
func (root *node) messages() map[string]*node {
	all := map[string]*node{}
	for _, ref := range root.OneOf {
		message := root.resolve(ref)
		all[fmt.Sprint(message.Properties["type"].Const)] = message
	}
	return all
}

// The schema and the structs of the decoder have the same fields, each described, and neither takes others.
func TestSchemaIsTheDecoder(t *testing.T) {
	root := parseSchema(t)
	described := root.messages()
	assert.Len(t, described, len(messages))
	for name, create := range messages {
		require.Contains(t, described, name)
		root.same(t, name, described[name], reflect.TypeOf(create()).Elem(), false)
	}
	start := described["voice.call_started"].Properties["models"]
	root.same(t, "models", start, reflect.TypeFor[models](), false)
	root.same(t, "source", root.Defs["source"], reflect.TypeFor[model](), false)
	for _, stage := range stages {
		assert.Equal(t, "#/$defs/source", start.Properties[string(stage)].Ref)
	}
	root.same(t, "parts", described["voice.turn"].Properties["parts"].Items, reflect.TypeFor[answerPart](), false)
	tokenNode := root.Defs["tokens"]
	root.same(t, "tokens", tokenNode, reflect.TypeFor[tokens](), false)
	root.same(t, "prompt", tokenNode.Properties["prompt"], reflect.TypeFor[prompt](), false)
	root.same(t, "completion", tokenNode.Properties["completion"], reflect.TypeFor[completion](), false)
	root.same(t, "openai_usage", root.Defs["openai_usage"], reflect.TypeFor[openAIUsage](), true)
	root.same(t, "prompt_details", root.Defs["prompt_details"], reflect.TypeFor[promptDetails](), true)
	root.same(t, "completion_details", root.Defs["completion_details"], reflect.TypeFor[completionDetails](), true)
}

func (root *node) same(t *testing.T, name string, n *node, of reflect.Type, open bool) {
	fields := names(of)
	slices.Sort(fields)
	var properties []string
	for property, p := range n.Properties {
		properties = append(properties, property)
		if property != "type" {
			assert.NotEmpty(t, root.resolve(p).Description+root.resolve(n).Description, "%s.%s", name, property)
		}
	}
	slices.Sort(properties)
	assert.Equal(t, fields, properties, name)
	assert.Equal(t, open, n.Additional == nil || *n.Additional, "%s: additionalProperties", name)
}

// least has of each message what it needs and no more.
var least = map[string]map[string]any{
	"voice.call_started":          {},
	"voice.call_ended":            {},
	"voice.startup":               {"name": "bot", "duration_ms": 1},
	"voice.stt":                   {"ttfb_ms": 1},
	"voice.llm":                   {"ttfb_ms": 1},
	"voice.tts":                   {"ttfb_ms": 1},
	"voice.realtime":              {"ttfb_ms": 1},
	"voice.transport":             {"seconds": 1},
	"voice.platform":              {"seconds": 1},
	"voice.user_started_speaking": {},
	"voice.user_stopped_speaking": {},
	"voice.bot_started_speaking":  {},
	"voice.bot_stopped_speaking":  {},
	"voice.interruption":          {},
	"voice.turn":                  {},
	"voice.tool":                  {"function_name": "f", "outcome": "failed"},
	"voice.error":                 {"category": "c"},
}

// with is the least message of a type with a field set; a value of nothing leaves the field out.
func with(t *testing.T, name, field string, value any) string {
	message := map[string]any{"type": name}
	for k, v := range least[name] {
		message[k] = v
	}
	if message[field] = value; value == nothing {
		delete(message, field)
	}
	text, err := json.Marshal(message)
	require.NoError(t, err)
	return string(text)
}

var nothing any = struct{}{}

// agree checks that the schema and the decoder take a message, or that both refuse it.
func agree(t *testing.T, valid func(string) error, message string, want bool) {
	f, err := read([]byte(message))
	taken := err == nil && len(f.Faults) == 0
	assert.Equal(t, want, taken, "decoder: %s: %v %v", message, err, f.Faults)
	assert.Equal(t, want, valid(message) == nil, "schema: %s", message)
}

// Schema and decoder draw the same line for every field of every message: its bounds, its type, null, and whether it has to be
// there.
func TestSchemaAndDecoderAgree(t *testing.T) {
	valid := schema(t)
	root := parseSchema(t)
	for name, message := range root.messages() {
		agree(t, valid, with(t, name, "", nothing), true)
		agree(t, valid, with(t, name, "no_such_field", 1), false)
		for field, property := range message.Properties {
			_, needed := least[name][field]
			needed = needed || field == "type"
			agree(t, valid, with(t, name, field, nothing), !needed)
			agree(t, valid, with(t, name, field, nil), !needed)
			agree(t, valid, with(t, name, field, []any{[]any{}}), false)
			if p := root.resolve(property); p.Maximum != nil {
				agree(t, valid, with(t, name, field, *p.Minimum), true)
				agree(t, valid, with(t, name, field, *p.Maximum), true)
				agree(t, valid, with(t, name, field, *p.Minimum-1), false)
				agree(t, valid, with(t, name, field, *p.Maximum+1), false)
				agree(t, valid, with(t, name, field, *p.Minimum+0.5), p.wants("number"))
				agree(t, valid, with(t, name, field, "1"), false)
			}
		}
	}
}

func (n *node) wants(kind string) bool { return strings.Contains(fmt.Sprint(n.Type), kind) }
