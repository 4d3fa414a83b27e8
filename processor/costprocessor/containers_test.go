package costprocessor

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
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

// Spans of two traces may have the same id.
func TestContainersAreOfATrace(t *testing.T) {
	h := newHarness(t, nil)
	h.consumeTraces(told(t, "2 in 1: llm"))
	other := told(t, "1: llm")
	other.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0).SetTraceID(pcommon.TraceID{15: 2})
	assert.Equal(t, []byte{1}, pricedIn(h.consumeTraces(other)))
}

// Whatever the order of a tree of spans, those are containers that have an operation below them.
func TestContainersInAnyOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 300 {
		const most = 40
		spans := make([]link, 1+random.IntN(most))
		below := make(map[spanID]bool) // has an operation below
		for i := range spans {
			spans[i] = link{span: spanID(i + 1), parent: spanID(random.IntN(i + 1)), operation: random.IntN(4) == 0}
		}
		for i := len(spans) - 1; i >= 0; i-- { // what is in a span comes behind it
			if spans[i].operation || below[spans[i].span] {
				below[spans[i].parent] = true
			}
		}
		random.Shuffle(len(spans), func(i, j int) { spans[i], spans[j] = spans[j], spans[i] })
		newContainers(maxContainers).learn(spans, noon)
		for _, s := range spans {
			assert.Equal(t, s.operation && below[s.span], s.contains)
		}
	}
}

// However a tree is divided into requests, none of which has a span before what is in it, nothing is counted twice.
func TestContainersInAnyRequests(t *testing.T) {
	random := rand.New(rand.NewPCG(9, 10))
	for range 300 {
		const most = 40
		c := newContainers(maxContainers)
		spans := make([]link, 1+random.IntN(most))
		for i := range spans {
			spans[i] = link{span: spanID(i + 1), parent: spanID(random.IntN(i + 1)), operation: random.IntN(3) == 0}
		}
		counted, below := map[spanID]bool{}, map[spanID]bool{}
		for len(spans) > 0 {
			first := random.IntN(len(spans))
			request := slices.Clone(spans[first:])
			spans = spans[:first]
			random.Shuffle(len(request), func(i, j int) { request[i], request[j] = request[j], request[i] })
			c.learn(request, noon)
			for _, s := range request {
				counted[s.span] = s.operation && !s.contains
			}
			slices.SortFunc(request, func(a, b link) int { return int(b.span) - int(a.span) })
			for _, s := range request {
				assert.False(t, counted[s.span] && below[s.span], "a container is counted")
				if counted[s.span] || below[s.span] {
					below[s.parent] = true
				}
			}
		}
	}
}

// What is remembered is bounded, and is forgotten when nothing of it has come for a while.
func TestContainersForget(t *testing.T) {
	knows := func(c *containers, id spanID, at time.Time) bool {
		spans := []link{{span: id, operation: true}}
		c.learn(spans, at)
		return spans[0].contains
	}
	c := newContainers(maxContainers)
	c.learn([]link{{span: 2, parent: 1, operation: true}}, noon)
	c.learn(nil, noon.Add(containerTimeout))
	assert.True(t, knows(c, 1, noon.Add(containerTimeout)))
	c.learn([]link{{span: 3, parent: 1, operation: true}}, noon.Add(containerTimeout))
	assert.True(t, knows(c, 1, noon.Add(2*containerTimeout)), "another thing in it has come")
	assert.False(t, knows(c, 1, noon.Add(3*containerTimeout)))

	const limit = 10
	c = newContainers(limit)
	for id := range spanID(1000) {
		c.learn([]link{{span: 1_000_000 + id, parent: id + 1, operation: true}}, noon)
		assert.LessOrEqual(t, len(c.young)+len(c.old), 2*limit)
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
}
