package costprocessor

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/spanusage"
	"github.com/otelcol-voice/otelcol-voice/internal/lineage"
)

// kindsOfSpans are attributes by a word.
var kindsOfSpans = map[string]map[string]any{
	"llm":      pipecatLLM,
	"unknown":  enriched(pipecatLLM, "gen_ai.request.model", "gpt-9"),
	"paid":     enriched(pipecatLLM, "gen_ai.usage.cost", 0.1),
	"broken":   enriched(pipecatLLM, "gen_ai.usage.input_tokens", -1),
	"zero":     {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 0},
	"agent":    enriched(pipecatLLM, "gen_ai.operation.name", "invoke_agent"),
	"nothing":  {"turn.number": 1},
	"dated":    enriched(pipecatLLM, "gen_ai.response.model", "gpt-4o-2024-08-06"),
	"small":    enriched(pipecatLLM, "gen_ai.request.model", "gpt-4o-mini"),
	"tts":      {"gen_ai.operation.name": "tts", "gen_ai.provider.name": "openai", "gen_ai.request.model": "tts-1", "metrics.character_count": 48},
	"stt":      {"gen_ai.operation.name": "stt", "gen_ai.provider.name": "openai", "gen_ai.request.model": "whisper-1", "metrics.audio_seconds": 7.0},
	"embed":    {"gen_ai.operation.name": "embeddings", "gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o-mini", "gen_ai.usage.input_tokens": 5},
	"tool":     {"gen_ai.operation.name": "execute_tool"},
	"paidtool": {"gen_ai.operation.name": "execute_tool", "gen_ai.usage.cost": 0.1},
	"TOOL":     {"openinference.span.kind": "TOOL"},

	"function_tool":   {"lk.function_tool.name": "book"},
	"llm_tool_result": {"gen_ai.operation.name": "llm_tool_result"},

	"realtime": enriched(liveKitRequest, "lk.realtime_model_metrics", `{"type":"realtime_model_metrics","input_tokens":10,"output_tokens":1,"metadata":{"model_name":"gpt-realtime","model_provider":"openai"}}`),
}

// told makes a request of spans that are told in words: "2 in 1: llm" or "1: agent".
func told(t *testing.T, words string) ptrace.Traces {
	t.Helper()
	td := newBotTraces("pipecat")
	for line := range strings.SplitSeq(words, ", ") {
		where, kind, _ := strings.Cut(line, ": ")
		var id, parent byte
		_, _ = fmt.Sscanf(where, "%d in %d", &id, &parent)
		td.span(t, kind, id, parent, kindsOfSpans[kind])
	}
	return td.Traces
}

// pricedIn are the ids of the spans that have a cost of ours.
func pricedIn(td ptrace.Traces) (ids []byte) {
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		if _, known := costOf(span.Attributes()); known {
			id := span.SpanID()
			ids = append(ids, id[7])
		}
	}
	slices.Sort(ids)
	return ids
}

// A span in which something was done is not priced, whichever comes first within a request, and if it comes later.
func TestContainers(t *testing.T) {
	for name, test := range map[string]struct {
		requests []string
		want     []byte
	}{
		"three in a ring, and one in it":     {[]string{"1 in 2: llm, 2 in 3: llm, 3 in 1: llm, 4 in 1: llm"}, []byte{1, 2, 3, 4}},
		"a ring, and a pair beside it":       {[]string{"1 in 2: llm, 2 in 1: llm, 5 in 4: llm, 4: llm"}, []byte{1, 2, 5}},
		"side by side":                       {[]string{"2 in 1: llm, 3 in 1: llm"}, []byte{2, 3}},
		"one in the other":                   {[]string{"2 in 1: llm, 1: llm"}, []byte{2}},
		"the other comes first":              {[]string{"1: llm, 2 in 1: llm"}, []byte{2}},
		"by way of a span without usage":     {[]string{"3 in 2: llm, 2 in 1: nothing, 1: llm"}, []byte{3}},
		"the other way round":                {[]string{"1: llm, 2 in 1: nothing, 3 in 2: llm"}, []byte{3}},
		"mixed up":                           {[]string{"3 in 2: nothing, 1: llm, 4 in 3: llm, 2 in 1: nothing"}, []byte{4}},
		"by way of one that is priced not":   {[]string{"1: llm, 2 in 1: agent, 3 in 2: llm"}, []byte{3}},
		"what has no price is counted":       {[]string{"2 in 1: unknown, 1: llm"}, nil},
		"what is paid for is known":          {[]string{"2 in 1: paid, 1: llm"}, nil},
		"what cannot be is not known":        {[]string{"2 in 1: broken, 1: llm"}, []byte{1}},
		"what used nothing is nothing":       {[]string{"2 in 1: zero, 1: llm"}, []byte{1}},
		"what is a sum by its name":          {[]string{"2 in 1: agent, 1: llm"}, []byte{1}},
		"a realtime model stands for itself": {[]string{"2 in 1: llm, 1: realtime"}, []byte{1, 2}},
		"and for nothing around it":          {[]string{"3 in 2: realtime, 2 in 1: nothing, 1: llm"}, []byte{1, 3}},
		"the next request":                   {[]string{"2 in 1: llm", "1: llm"}, []byte{2}},
		"step by step":                       {[]string{"4 in 3: llm", "3 in 2: nothing", "2 in 1: nothing", "1: llm"}, []byte{4}},
		"two steps at once":                  {[]string{"4 in 3: llm", "1: llm, 2 in 1: nothing, 3 in 2: nothing"}, []byte{4}},
		"a second thing in what is known":    {[]string{"3 in 2: llm", "4 in 2: llm, 1: llm, 2 in 1: nothing"}, []byte{3, 4}},
		"sent again":                         {[]string{"2 in 1: llm", "1: llm", "2 in 1: llm", "1: llm"}, []byte{2, 2}},
		"the other came before: too late":    {[]string{"1: llm", "2 in 1: llm"}, []byte{1, 2}},
		"a span in itself":                   {[]string{"1 in 1: llm"}, []byte{1}},
		"spans in each other":                {[]string{"1 in 2: llm, 2 in 1: llm"}, []byte{1, 2}},
		"a ring without usage":               {[]string{"1 in 2: nothing, 2 in 1: nothing, 3 in 1: llm"}, []byte{3}},
		"two of the same id":                 {[]string{"1: llm, 1: llm"}, []byte{1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, nil)
			var got []byte
			for _, request := range test.requests {
				got = append(got, pricedIn(h.consumeTraces(told(t, request)))...)
			}
			slices.Sort(got)
			assert.Equal(t, test.want, got)
		})
	}
}

// What is in a span is another use than the span's own if it is of another family, or done by a tool. The spans are named from the
// outer to the inner one, and come in each order that has none before what is in it in a request of its own, and in any at once.
func TestContainersOfOtherUse(t *testing.T) {
	const llm, small, tts, stt, embed = 0.001855, 0.0001113, 0.00072, 0.0007, 7.5e-7
	for name, test := range map[string]struct {
		kinds []string
		want  map[byte]float64 // USD, by span
	}{
		"chat > tts":                         {[]string{"llm", "tts"}, map[byte]float64{1: llm, 2: tts}},
		"tts > chat":                         {[]string{"tts", "llm"}, map[byte]float64{1: tts, 2: llm}},
		"chat > stt":                         {[]string{"llm", "stt"}, map[byte]float64{1: llm, 2: stt}},
		"stt > chat > tts":                   {[]string{"stt", "llm", "tts"}, map[byte]float64{1: stt, 2: llm, 3: tts}},
		"chat > embeddings":                  {[]string{"llm", "embed"}, map[byte]float64{1: llm, 2: embed}},
		"embeddings > embeddings":            {[]string{"embed", "embed"}, map[byte]float64{2: embed}},
		"chat > tool > small chat":           {[]string{"llm", "tool", "small"}, map[byte]float64{1: llm, 3: small}},
		"chat > tool > the same":             {[]string{"llm", "tool", "llm"}, map[byte]float64{1: llm, 3: llm}},
		"chat > tool that is paid for":       {[]string{"llm", "paidtool"}, map[byte]float64{1: llm}},
		"chat > LiveKit's tool > chat":       {[]string{"llm", "function_tool", "small"}, map[byte]float64{1: llm, 3: small}},
		"chat > Pipecat's tool > chat":       {[]string{"llm", "llm_tool_result", "small"}, map[byte]float64{1: llm, 3: small}},
		"chat > OpenInference's tool > chat": {[]string{"llm", "TOOL", "small"}, map[byte]float64{1: llm, 3: small}},
		"chat > tool > two spans of one":     {[]string{"llm", "tool", "small", "small"}, map[byte]float64{1: llm, 4: small}},
		"two spans of one > tool > tts":      {[]string{"llm", "dated", "tool", "tts"}, map[byte]float64{2: llm, 4: tts}},
		"chat > the same by the client":      {[]string{"llm", "dated"}, map[byte]float64{2: llm}},
		"tts > the same by the client":       {[]string{"tts", "tts"}, map[byte]float64{2: tts}},
		"agent > chat > tts":                 {[]string{"agent", "llm", "tts"}, map[byte]float64{2: llm, 3: tts}},
		"chat > tts that is paid for":        {[]string{"llm", "tts", "paid"}, map[byte]float64{2: tts}},
	} {
		t.Run(name, func(t *testing.T) {
			words := make([]string, len(test.kinds))
			for i, kind := range test.kinds {
				words[i] = fmt.Sprintf("%d in %d: %s", i+1, i, kind)
			}
			inner := slices.Clone(words)
			slices.Reverse(inner)
			for _, requests := range [][]string{{strings.Join(words, ", ")}, {strings.Join(inner, ", ")}, inner} {
				h := newHarness(t, nil)
				got := map[byte]float64{}
				for _, request := range requests {
					maps.Copy(got, costsIn(h.consumeTraces(told(t, request))))
				}
				assert.InDeltaMapValues(t, test.want, got, 1e-12, "%q", requests)
			}
			if _, one := test.want[1]; one { // nothing in it is the same: it may come first
				h := newHarness(t, nil)
				got := map[byte]float64{}
				for _, word := range words {
					maps.Copy(got, costsIn(h.consumeTraces(told(t, word))))
				}
				for id, usd := range test.want {
					assert.InDelta(t, usd, got[id], 1e-12)
				}
			}
		})
	}
}

// costsIn are the amounts on spans, by their ids.
func costsIn(td ptrace.Traces) map[byte]float64 {
	costs := map[byte]float64{}
	for _, span := range td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		if usd, known := costOf(span.Attributes()); known {
			id := span.SpanID()
			costs[id[7]] = usd
		}
	}
	return costs
}

// Spans of two traces may have the same id.
func TestContainersAreOfATrace(t *testing.T) {
	h := newHarness(t, nil)
	h.consumeTraces(told(t, "2 in 1: llm"))
	other := told(t, "1: llm")
	other.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{15: 2})
	assert.Equal(t, []byte{1}, pricedIn(h.consumeTraces(other)))
}

// tree makes one of operations of all families, tools and other spans, of which one in so many did something.
func tree(random *rand.Rand, oneIn int) []link {
	const most = 40
	spans := make([]link, 1+random.IntN(most))
	for i := range spans {
		spans[i] = link{span: lineage.ID(i + 1), parent: lineage.ID(random.IntN(i + 1)), tool: random.IntN(6) == 0}
		if random.IntN(oneIn) == 0 && !spans[i].tool {
			spans[i].used = 1 << random.IntN(spanusage.Families)
		}
	}
	return spans
}

// Whatever the order of a tree of spans, those are containers that have an operation of their family below them, and no tool between.
func TestContainersInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 500 {
		spans := tree(random, 3)
		below := make(map[lineage.ID]spanusage.Family) // what was used below
		for i := len(spans) - 1; i >= 0; i-- {         // what is in a span comes behind it
			if s := spans[i]; !s.tool {
				below[s.parent] |= s.used | below[s.span]
			}
		}
		random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		newContainers(maxContainers).learn(spans, noon)
		for _, s := range spans {
			assert.Equal(t, s.used&below[s.span] != 0, s.contains)
		}
	}
}

// However a tree is divided into requests, none of which has a span before what is in it, what is priced is the same: whatever has
// nothing of its family in it.
func TestContainersInAnyRequests(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 500 {
		c := newContainers(maxContainers)
		spans := tree(random, 3)
		below := map[lineage.ID]spanusage.Family{}
		for len(spans) > 0 {
			first := random.IntN(len(spans))
			request := slices.Clone(spans[first:])
			spans = spans[:first]
			random.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
			c.learn(request, noon)
			slices.SortFunc(request, func(a, b link) int { return int(b.span) - int(a.span) })
			for _, s := range request {
				assert.Equal(t, s.used&below[s.span] != 0, s.contains)
				if !s.tool {
					below[s.parent] |= s.used | below[s.span]
				}
			}
		}
	}
}

// What is remembered is bounded, and is forgotten when nothing of it has come for a while.
func TestContainersForget(t *testing.T) {
	knows := func(c *containers, id lineage.ID, at time.Time) bool {
		spans := []link{{span: id, used: spanusage.Answering}}
		c.learn(spans, at)
		return spans[0].contains
	}
	c := newContainers(maxContainers)
	c.learn([]link{{span: 2, parent: 1, used: spanusage.Answering}}, noon)
	c.learn(nil, noon.Add(lineage.Timeout))
	assert.True(t, knows(c, 1, noon.Add(lineage.Timeout)))
	c.learn([]link{{span: 3, parent: 1, used: spanusage.Answering}}, noon.Add(lineage.Timeout))
	assert.True(t, knows(c, 1, noon.Add(2*lineage.Timeout)), "another thing in it has come")
	assert.False(t, knows(c, 1, noon.Add(3*lineage.Timeout)))

	const limit = 10
	c = newContainers(limit)
	for id := range lineage.ID(1000) {
		c.learn([]link{{span: 1_000_000 + id, parent: id + 1, used: spanusage.Answering}}, noon)
		assert.LessOrEqual(t, c.known.Len(), 2*limit)
	}
	assert.True(t, knows(c, 1000, noon), "the newest")
}

// What was refused has not happened: a span that contained something only in a refused request is priced.
func TestRefusedSpansAreNotRemembered(t *testing.T) {
	h := newHarness(t, func(cfg *Config) { cfg.OnUnknown = onUnknownFail })
	ctx := t.Context()
	assert.Error(t, h.traces.ConsumeTraces(ctx, told(t, "2 in 1: unknown, 3 in 1: llm")))
	assert.Equal(t, []byte{1}, pricedIn(h.consumeTraces(told(t, "1: llm"))))
	assert.Equal(t, []byte{5}, pricedIn(h.consumeTraces(told(t, "5 in 4: llm"))))
	assert.Empty(t, pricedIn(h.consumeTraces(told(t, "4: llm"))), "and what was not refused is")
	assert.Equal(t, []byte{7}, pricedIn(h.consumeTraces(told(t, "7 in 6: tts"))))
	assert.Error(t, h.traces.ConsumeTraces(ctx, told(t, "8 in 6: unknown")))
	assert.Equal(t, []byte{6}, pricedIn(h.consumeTraces(told(t, "6: llm"))), "of the two in it, the one that was refused")
	assert.Empty(t, pricedIn(h.consumeTraces(told(t, "6: tts"))), "and not the other")
}
