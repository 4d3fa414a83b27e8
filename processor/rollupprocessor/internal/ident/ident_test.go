package ident

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
)

func attributes(t *testing.T, raw map[string]any) pcommon.Map {
	t.Helper()
	m := pcommon.NewMap()
	require.NoError(t, m.FromRaw(raw))
	return m
}

func labels(v View) []Label { return new(Writer).Labels(v) }

func TestLabels(t *testing.T) {
	raw := map[string]any{
		"model": "gpt-4o", "call_id": "c1", "n": 7, "share": 0.5, "ok": true, "none": nil, "empty": "",
		"voice.tx.id": "f1", "voice.tx.request_tokens": 5, "list": []any{"a", 1}, "bytes": []byte{},
	}
	want := []Label{
		{"deployment.environment.name", "prod"},
		{"list", `["a",1]`},
		{"model", "gpt-4o"},
		{"n", "7"},
		{"ok", "true"},
		{"share", "0.5"},
	}
	v := View{Attributes: attributes(t, raw), Environment: Environment{Name: "prod"}}
	assert.Equal(t, want, labels(v))
	assert.Empty(t, v.CallID())
	v.KeepCallID, v.Environment = true, Environment{}
	assert.Equal(t, append([]Label{{"call_id", "c1"}}, want[1:]...), labels(v))
	assert.Equal(t, "c1", v.CallID())
	assert.Empty(t, View{Attributes: pcommon.NewMap(), KeepCallID: true}.CallID())
}

// A processor is its class, whichever instance of it reported.
func TestProcessor(t *testing.T) {
	for text, want := range map[string]string{
		"OpenAILLMService#57": "OpenAILLMService", "OpenAILLMService": "OpenAILLMService",
		"C#": "C#", "a#b": "a#b", "a#1#2": "a#1#2", "#1": "#1",
	} {
		v := View{Attributes: attributes(t, map[string]any{"processor": text, "stage": "llm#1"})}
		assert.Equal(t, []Label{{"processor", want}, {"stage", "llm#1"}}, labels(v), text)
	}
}

// TestDigestsAgreeWithLabels compares random views pairwise: equal labels have equal digests, and no others.
func TestDigestsAgreeWithLabels(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	keys := []string{"a", "b", "ab", "call_id", "voice.tx.id", "processor", environment, "", "语言", "k\xff"}
	values := []any{"", "\xff", "\xfe\xff", "\xff#1", "\ufffd", "a", "b", "1", 1, true, "true", nil, 1.5, "1.5", "a#1", "a#27", "#1"}
	h, digests := NewHasher(NewSeed()), map[string]Digest{}
	seen := map[Digest]string{}
	for range 20_000 {
		m := pcommon.NewMap()
		for _, key := range random.Perm(len(keys))[:random.IntN(4)] {
			require.NoError(t, m.PutEmpty(keys[key]).FromRaw(values[random.IntN(len(values))]))
		}
		v := View{Attributes: m, Environment: h.Environment([]string{"", "prod"}[random.IntN(2)]), KeepCallID: random.IntN(2) == 0}
		text, digest := fmt.Sprint(labels(v)), h.Point(v).Series
		if known, ok := digests[text]; ok {
			require.Equal(t, known, digest, text)
		}
		if known, ok := seen[digest]; ok {
			require.Equal(t, known, text)
		}
		digests[text], seen[digest] = digest, text
	}
}

// A map from the wire may hold a key twice.
func TestFirstOfARepeatedKeyCounts(t *testing.T) {
	wire := `{"resourceMetrics":[{"resource":{"attributes":[
		{"key":"a","value":{"stringValue":""}},
		{"key":"a","value":{"stringValue":"1"}},
		{"key":"a","value":{"stringValue":"2"}}]}}]}`
	md, err := new(pmetric.JSONUnmarshaler).UnmarshalMetrics([]byte(wire))
	require.NoError(t, err)
	thrice := View{Attributes: md.ResourceMetrics().At(0).Resource().Attributes()}
	once := View{Attributes: attributes(t, map[string]any{"a": "1"})}
	h := NewHasher(NewSeed())
	assert.Equal(t, labels(once), labels(thrice))
	assert.Equal(t, h.Point(once).Series, h.Point(thrice).Series)
}

func TestSwappedValuesAreNotTheSame(t *testing.T) {
	h := NewHasher(NewSeed())
	a, b := attributes(t, map[string]any{"a": "1", "b": "2"}), attributes(t, map[string]any{"a": "2", "b": "1"})
	assert.NotEqual(t, h.Set(a), h.Set(b))
	assert.NotEqual(t, h.Point(View{Attributes: a}).Series, h.Point(View{Attributes: b}).Series)
	x, y := h.Text("x"), h.Text("y")
	assert.NotEqual(t, x.Then(y), y.Then(x))
}

func TestSetHasAllAttributes(t *testing.T) {
	h := NewHasher(NewSeed())
	a := attributes(t, map[string]any{"a": "1"})
	assert.NotEqual(t, h.Set(a), h.Set(attributes(t, map[string]any{"a": "1", "call_id": "c1"})))
	assert.Equal(t, h.Set(a), h.Set(attributes(t, map[string]any{"a": 1})))
	first, second := pcommon.NewInstrumentationScope(), pcommon.NewInstrumentationScope()
	first.SetName("meter")
	second.SetVersion("meter")
	assert.NotEqual(t, h.Scope(first), h.Scope(second))
}

func TestResource(t *testing.T) {
	for name, tc := range map[string]struct {
		raw         map[string]any
		service     Service
		environment string
	}{
		"nothing": {},
		"all": {
			map[string]any{"service.name": "bot", "service.namespace": "acme", "deployment.environment.name": "prod", "deployment.environment": "old"},
			Service{"bot", "acme"},
			"prod",
		},
		"legacy":   {map[string]any{"service.name": "bot", "deployment.environment": "prod"}, Service{Name: "bot"}, "prod"},
		"no texts": {map[string]any{"service.name": 7}, Service{Name: "7"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r := pcommon.NewResource()
			require.NoError(t, r.Attributes().FromRaw(tc.raw))
			assert.Equal(t, tc.service, ServiceOf(r))
			assert.Equal(t, tc.environment, EnvironmentOf(r))
		})
	}
}

func TestNameable(t *testing.T) {
	for name, want := range map[string]bool{
		"a": true, "Z": true, "7": true, "_a": true, "语言_id": true, "gen_ai.system": true,
		"": false, "_": false, ".-": false, "语言": false, "a\xff": false, "\x10\x1f": false, "@[`{/:": false,
	} {
		assert.Equal(t, want, Nameable(name), "%q", name)
		assert.Equal(t, !want, losesLabel(t, name), "%q", name)
	}
}

func losesLabel(t *testing.T, key string) bool {
	raw := attributes(t, map[string]any{"model": "x", key: "x"})
	lost := LosesLabels(raw)
	assert.Equal(t, lost, NewHasher(NewSeed()).Point(View{Attributes: raw}).LosesLabels, "%q", key)
	assert.Equal(t, lost, len(labels(View{Attributes: raw})) == 1, "%q", key)
	return lost
}

// A backend sets these itself, in place of what a point says.
func TestLabelsThatAreTheBackends(t *testing.T) {
	for key, want := range map[string]bool{
		"job": true, "instance": true, "le": true, "__name__": true,
		"Job": false, "quantile": false, "job.name": false, "__x__": false,
	} {
		assert.True(t, Nameable(key))
		assert.Equal(t, want, losesLabel(t, key), "%q", key)
	}
}

// What differs in nothing that a backend keeps of a key is one series; streams are told apart by all of it.
func TestKeysThatAreOneAtTheBackend(t *testing.T) {
	h := NewHasher(NewSeed())
	one := attributes(t, map[string]any{"tool.name": "x"})
	for key, want := range map[string]bool{
		"tool_name": true, "tool-name": true, "tool..name": true, "tooléname": true,
		"tool.name.": false, ".tool.name": false, "toolname": false, "tool.Name": false,
	} {
		other := attributes(t, map[string]any{key: "x"})
		assert.Equal(t, want, h.Point(View{Attributes: one}).Series == h.Point(View{Attributes: other}).Series, key)
		assert.NotEqual(t, h.Set(one), h.Set(other), key)
	}
}

func TestWriterForgets(t *testing.T) {
	var w Writer
	for i := range 3 * maxKnown {
		w.Share(fmt.Sprint(i))
		require.LessOrEqual(t, len(w.known), maxKnown)
	}
}

// All lengths, and texts that differ in one byte or in length only.
func TestTextsAreToldApart(t *testing.T) {
	seed := NewSeed()
	h, seen := NewHasher(seed), map[Digest]string{}
	add := func(s string) {
		d := h.Text(s)
		other, known := seen[d]
		require.False(t, known, "%q and %q", s, other)
		require.Equal(t, d, NewHasher(seed).Text(s), "a digest means the same beside the same seed")
		require.NotEqual(t, d, NewHasher(NewSeed()).Text(s))
		seen[d] = s
	}
	for n := range 70 {
		zeros := make([]byte, n)
		add(string(zeros))
		for i := range n {
			for _, b := range []byte{1, 'a', 0x80} {
				zeros[i] = b
				add(string(zeros))
				zeros[i] = 0
			}
		}
	}
}

func TestTextKnowsWhatIsASCII(t *testing.T) {
	h := NewHasher(NewSeed())
	for n := range 40 {
		text := []byte(strings.Repeat("x", n))
		_, ascii := h.text(string(text))
		assert.True(t, ascii)
		for i := range text {
			text[i] = 0x80
			_, ascii = h.text(string(text))
			assert.False(t, ascii, "%d of %d", i, n)
			text[i] = 'x'
		}
	}
}

// Pinned, because digests are on disk.
func TestDigestsOfASeed(t *testing.T) {
	h := NewHasher(Seed{1, 2, 3, 4, 5, 6})
	p := h.Point(View{
		Attributes:  attributes(t, map[string]any{"call_id": "c1", "voice.tx.id": "0123456789abcdef", "processor": "LLM#7", "n": 1}),
		Environment: h.Environment("prod"),
		KeepCallID:  true,
	})
	assert.Equal(t, "{9876b047ad86e3f1 26921a6fa62be675} {448e9f3bffba0f3c 5c72270f5eaddd8} {92449fc3a5e9e50d f5689442ce68d9b5}", fmt.Sprintf("%x %x %x", p.Series, p.Call, p.Mark))
}

func TestPoint(t *testing.T) {
	h := NewHasher(NewSeed())
	read := func(raw map[string]any) Point { return h.Point(View{Attributes: attributes(t, raw)}) }
	whole := map[string]any{"call_id": "c1", "voice.tx.id": "f1", "model": "m"}
	with := func(key string, v any) Point {
		other := maps.Clone(whole)
		other[key] = v
		return read(other)
	}
	p := read(whole)
	assert.True(t, p.Marked())
	assert.Equal(t, p, with("voice.tx.request_tokens", 5), "what a receiver remembers is not part of it")
	assert.Equal(t, p.Mark, with("call_id", "c2").Mark)
	assert.NotEqual(t, p.Call, with("call_id", "c2").Call)
	for _, key := range []string{"voice.tx.id", "voice.tx.stream", "model", "region"} {
		assert.NotEqual(t, p.Mark, with(key, "other").Mark, key)
		assert.Equal(t, p.Call, with(key, "other").Call, key)
	}
	assert.False(t, read(map[string]any{"call_id": "c1", "voice.tx.stream": "s"}).Marked(), "of no frame")
	assert.False(t, read(map[string]any{"voice.tx.id": "f1"}).Marked(), "of no call")
	assert.False(t, p.LosesLabels)
	assert.True(t, with("语言", "x").LosesLabels)
}

func TestKeysAreForgotten(t *testing.T) {
	h := NewHasher(Seed{1})
	want := h.Set(attributes(t, map[string]any{"model": "m"}))
	for i := range 3 * maxKeys {
		h.Point(View{Attributes: attributes(t, map[string]any{fmt.Sprint("k", i): "x"})})
		require.LessOrEqual(t, len(h.keys.known), maxKeys)
	}
	assert.Equal(t, want, h.Set(attributes(t, map[string]any{"model": "m"})))
}

func BenchmarkPoint(b *testing.B) {
	m := pcommon.NewMap()
	for _, pair := range [][2]string{
		{"call_id", "550e8400-e29b-41d4-a716-446655440000"},
		{"provider", "openai"},
		{"model", "gpt-4o"},
		{"token_type", "prompt"},
		{"token_kind", "text"},
		{"voice.tx.id", "0123456789abcdef"},
		{"voice.tx.stage", "llm"},
		{"voice.tx.service_tier", "flex"},
	} {
		m.PutStr(pair[0], pair[1])
	}
	v := View{Attributes: m, KeepCallID: true}
	h := NewHasher(NewSeed())
	v.Environment = h.Environment("prod")
	b.ReportAllocs()
	for b.Loop() {
		h.Point(v)
	}
}
