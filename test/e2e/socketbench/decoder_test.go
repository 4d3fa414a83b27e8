//go:build unix

package socketbench

import (
	stdjson "encoding/json"
	"fmt"
	"strconv"
	"testing"

	"github.com/bytedance/sonic"
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	goccy "github.com/goccy/go-json"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fastjson"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/meter"
)

// message is what a dialect reads of a hot message: the same fields whichever decoder fills them. A datum's value is a
// number or an object, as its type says, so that decoders which go by Go types have to be asked twice for it.
type message struct {
	Type      string
	ID        string
	CallID    string
	Timestamp float64
	Data      []datum
}

type datum struct {
	Type      string
	Processor string
	Model     string
	Number    float64
	Tokens    tokens
}

type tokens struct {
	Prompt     int64 `json:"prompt_tokens"`
	Completion int64 `json:"completion_tokens"`
	Total      int64 `json:"total_tokens"`
	CacheRead  int64 `json:"cache_read_input_tokens"`
}

const usage = "LLMUsageMetricsData"

// typed is message as decoders that go by Go types see it; Raw is their name for JSON that is not decoded yet.
type typed[Raw ~[]byte] struct {
	Type      string            `json:"type"`
	ID        Raw               `json:"id"`
	CallID    string            `json:"call_id"`
	Timestamp float64           `json:"timestamp"`
	Data      []typedDatum[Raw] `json:"data"`
}

type typedDatum[Raw ~[]byte] struct {
	Type      string `json:"type"`
	Processor string `json:"processor"`
	Model     string `json:"model"`
	Value     Raw    `json:"value"`
}

// byType decodes with a decoder that goes by Go types.
func byType[Raw ~[]byte](unmarshal func([]byte, any) error) func([]byte) (message, error) {
	return func(data []byte) (message, error) {
		var in typed[Raw]
		if err := unmarshal(data, &in); err != nil {
			return message{}, err
		}
		out := message{Type: in.Type, ID: string(in.ID), CallID: in.CallID, Timestamp: in.Timestamp, Data: make([]datum, len(in.Data))}
		for i, d := range in.Data {
			out.Data[i] = datum{Type: d.Type, Processor: d.Processor, Model: d.Model}
			into := any(&out.Data[i].Number)
			if d.Type == usage {
				into = &out.Data[i].Tokens
			}
			if err := unmarshal(d.Value, into); err != nil {
				return message{}, err
			}
		}
		return out, nil
	}
}

// decoders are the candidates. json_experiment is what package wire uses, with its options; cursor is the least that any
// decoder could cost, a prototype without error paths worth the name.
var decoders = map[string]func([]byte) (message, error){
	"encoding_json": byType[stdjson.RawMessage](stdjson.Unmarshal),
	"json_experiment": byType[jsontext.Value](func(data []byte, into any) error {
		return json.Unmarshal(data, into, jsontext.AllowInvalidUTF8(true))
	}),
	"goccy":    byType[stdjson.RawMessage](goccy.Unmarshal),
	"sonic":    byType[stdjson.RawMessage](sonic.ConfigDefault.Unmarshal),
	"fastjson": byTree,
	"cursor":   byCursor,
}

// BenchmarkDecoders decodes the hot messages into equal structs; ns and allocations are for one message.
func BenchmarkDecoders(b *testing.B) {
	for _, name := range []string{"encoding_json", "json_experiment", "goccy", "sonic", "fastjson", "cursor"} {
		decode := decoders[name]
		b.Run(name, func(b *testing.B) {
			size := 0
			for _, m := range hot {
				size += len(m)
			}
			b.SetBytes(int64(size))
			b.ReportAllocs()
			cpu := meter.Start()
			for b.Loop() {
				for _, m := range hot {
					if _, err := decode([]byte(m)); err != nil {
						b.Fatal(err)
					}
				}
			}
			cpu.Report(b, b.N*len(hot), "frame")
		})
	}
}

func TestDecodersAgree(t *testing.T) {
	for _, m := range hot {
		want, err := decoders["encoding_json"]([]byte(m))
		require.NoError(t, err)
		for name, decode := range decoders {
			got, err := decode([]byte(m))
			require.NoError(t, err, name)
			require.Equal(t, want, got, name)
		}
	}
}

// faulty are messages that a receiver has to tell apart: what each decoder says to them is in docs/decoder.md.
var faulty = map[string]string{
	"name twice":          `{"type":"MetricsFrame","call_id":"a","call_id":"b"}`,
	"name in other case":  `{"type":"MetricsFrame","Call_ID":"a"}`,
	"cut off":             `{"type":"MetricsFrame","call_id":"a","data":[{"type":"T","value":1`,
	"garbage after":       `{"type":"MetricsFrame","call_id":"a"} x`,
	"number with zero":    `{"type":"MetricsFrame","timestamp":01}`,
	"raw newline in text": "{\"type\":\"Metrics\nFrame\"}",
	"text for a number":   `{"type":"MetricsFrame","timestamp":"secret words"}`,
	"fraction for tokens": `{"data":[{"type":"LLMUsageMetricsData","value":{"prompt_tokens":1.5}}]}`,
	"broken elsewhere":    `{"type":"MetricsFrame","unknown":{"a":tru}}`,
	"not UTF-8":           "{\"type\":\"Metrics\xffFrame\"}",
}

// TestFaults shows what each decoder says to them: run it with -v. It asserts the two that the choice rests on.
func TestFaults(t *testing.T) {
	for what, m := range faulty {
		for name, decode := range decoders {
			_, err := decode([]byte(m))
			t.Logf("%-20s %-16s %v", what, name, err)
		}
	}
	_, err := decoders["json_experiment"]([]byte(faulty["name twice"]))
	require.ErrorIs(t, err, jsontext.ErrDuplicateName)
	_, err = decoders["json_experiment"]([]byte(faulty["text for a number"]))
	var where *json.SemanticError
	require.ErrorAs(t, err, &where)
	require.Equal(t, jsontext.Pointer("/timestamp"), where.JSONPointer)
}

var parsers fastjson.ParserPool

// byTree decodes with fastjson, which parses into a tree that is good until the parser is used again.
func byTree(data []byte) (message, error) {
	parser := parsers.Get()
	defer parsers.Put(parser)
	tree, err := parser.ParseBytes(data)
	if err != nil {
		return message{}, err
	}
	entries := tree.GetArray("data")
	out := message{
		Type: string(tree.GetStringBytes("type")), CallID: string(tree.GetStringBytes("call_id")),
		Timestamp: tree.GetFloat64("timestamp"), Data: make([]datum, len(entries)),
	}
	if id := tree.Get("id"); id != nil {
		out.ID = string(id.MarshalTo(nil))
	}
	for i, e := range entries {
		d := datum{
			Type: string(e.GetStringBytes("type")), Processor: string(e.GetStringBytes("processor")), Model: string(e.GetStringBytes("model")),
		}
		if value := e.Get("value"); d.Type == usage {
			d.Tokens = tokens{
				Prompt: value.GetInt64("prompt_tokens"), Completion: value.GetInt64("completion_tokens"),
				Total: value.GetInt64("total_tokens"), CacheRead: value.GetInt64("cache_read_input_tokens"),
			}
		} else {
			d.Number = e.GetFloat64("value")
		}
		out.Data[i] = d
	}
	return out, nil
}

// cursor walks JSON that is right; what is wrong stops it, with no more than where.
type cursor struct {
	data []byte
	pos  int
	err  error
}

func byCursor(data []byte) (out message, err error) {
	c := &cursor{data: data}
	c.object(func(name []byte) {
		switch string(name) {
		case "type":
			out.Type = string(c.text())
		case "id":
			out.ID = string(c.value())
		case "call_id":
			out.CallID = string(c.text())
		case "timestamp":
			out.Timestamp = c.number()
		case "data":
			c.array(func() { out.Data = append(out.Data, c.datum()) })
		default:
			c.value()
		}
	})
	return out, c.err
}

func (c *cursor) datum() (d datum) {
	var value []byte
	c.object(func(name []byte) {
		switch string(name) {
		case "type":
			d.Type = string(c.text())
		case "processor":
			d.Processor = string(c.text())
		case "model":
			d.Model = string(c.text())
		default:
			value = c.value()
		}
	})
	inner := &cursor{data: value}
	if d.Type == usage {
		d.Tokens = inner.tokens()
	} else {
		d.Number = inner.number()
	}
	if c.err == nil {
		c.err = inner.err
	}
	return d
}

func (c *cursor) tokens() (t tokens) {
	c.object(func(name []byte) {
		switch string(name) {
		case "prompt_tokens":
			t.Prompt = int64(c.number())
		case "completion_tokens":
			t.Completion = int64(c.number())
		case "total_tokens":
			t.Total = int64(c.number())
		case "cache_read_input_tokens":
			t.CacheRead = int64(c.number())
		default:
			c.value()
		}
	})
	return t
}

func (c *cursor) object(field func(name []byte)) {
	c.members('{', '}', func() {
		name := c.text()
		c.space()
		c.take(':')
		field(name)
	})
}

func (c *cursor) array(element func()) { c.members('[', ']', element) }

func (c *cursor) members(open, end byte, member func()) {
	c.space()
	c.take(open)
	if c.space(); c.peek() == end {
		c.pos++
		return
	}
	for c.err == nil {
		member()
		if c.space(); c.peek() != ',' {
			break
		}
		c.pos++
	}
	c.take(end)
}

func (c *cursor) peek() byte {
	if c.pos < len(c.data) {
		return c.data[c.pos]
	}
	return 0
}

func (c *cursor) space() {
	for c.pos < len(c.data) && (c.data[c.pos] == ' ' || c.data[c.pos] == '\n' || c.data[c.pos] == '\t' || c.data[c.pos] == '\r') {
		c.pos++
	}
}

func (c *cursor) take(want byte) {
	if c.peek() == want {
		c.pos++
	} else if c.err == nil {
		c.err = fmt.Errorf("expected %c at byte %d", want, c.pos)
		c.pos = len(c.data)
	}
}

func (c *cursor) text() []byte {
	c.space()
	c.take('"')
	start := c.pos
	for c.pos < len(c.data) && c.data[c.pos] != '"' {
		if c.data[c.pos] == '\\' {
			c.pos++
		}
		c.pos++
	}
	end := min(c.pos, len(c.data))
	c.take('"')
	return c.data[start:end]
}

func (c *cursor) number() float64 {
	n, err := strconv.ParseFloat(string(c.value()), 64)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n
}

// value is what stands here, undecoded.
func (c *cursor) value() []byte {
	c.space()
	start := c.pos
	switch c.peek() {
	case '{':
		c.object(func([]byte) { c.value() })
	case '[':
		c.array(func() { c.value() })
	case '"':
		c.text()
	default:
		for c.pos < len(c.data) && c.data[c.pos] != ',' && c.data[c.pos] != '}' && c.data[c.pos] != ']' {
			c.pos++
		}
	}
	return c.data[start:min(c.pos, len(c.data))]
}
