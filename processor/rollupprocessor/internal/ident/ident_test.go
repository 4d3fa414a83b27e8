package ident

import (
	"fmt"
	"math/rand/v2"
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
	v := View{Attributes: attributes(t, raw), Environment: "prod"}
	assert.Equal(t, want, labels(v))
	assert.Empty(t, v.CallID())
	v.KeepCallID, v.Environment = true, ""
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
	h, digests := NewHasher(), map[string]Digest{}
	seen := map[Digest]string{}
	for range 20_000 {
		m := pcommon.NewMap()
		for _, key := range random.Perm(len(keys))[:random.IntN(4)] {
			require.NoError(t, m.PutEmpty(keys[key]).FromRaw(values[random.IntN(len(values))]))
		}
		v := View{Attributes: m, Environment: []string{"", "prod"}[random.IntN(2)], KeepCallID: random.IntN(2) == 0}
		text, digest := fmt.Sprint(labels(v)), h.Series(v)
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
	h := NewHasher()
	assert.Equal(t, labels(once), labels(thrice))
	assert.Equal(t, h.Series(once), h.Series(thrice))
}

func TestSwappedValuesAreNotTheSame(t *testing.T) {
	h := NewHasher()
	a, b := attributes(t, map[string]any{"a": "1", "b": "2"}), attributes(t, map[string]any{"a": "2", "b": "1"})
	assert.NotEqual(t, h.Set(a), h.Set(b))
	assert.NotEqual(t, h.Series(View{Attributes: a}), h.Series(View{Attributes: b}))
	x, y := h.Text("x"), h.Text("y")
	assert.NotEqual(t, x.Then(y), y.Then(x))
}

func TestSetHasAllAttributes(t *testing.T) {
	h := NewHasher()
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
		assert.Equal(t, !want, LosesLabels(attributes(t, map[string]any{"model": "x", name: "x"})), "%q", name)
	}
}

func TestWriterForgets(t *testing.T) {
	var w Writer
	for i := range 3 * maxKnown {
		w.Share(fmt.Sprint(i))
		require.LessOrEqual(t, len(w.known), maxKnown)
	}
}
