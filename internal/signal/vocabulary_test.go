package signal

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

func use(model string) call.TimedUsage {
	source := frame.Source{Stage: frame.LLM, Provider: "openai", Model: model}
	return call.TimedUsage{Usage: call.Usage{Source: source, Quantity: call.Tokens, Amount: 1}, Time: at}
}

// A model beyond the limit is "other" on its point, in the summary and on the span, and those before it are themselves.
func TestValuesBeyondTheLimit(t *testing.T) {
	p := NewProducer(Settings{MaxValues: 2})
	b := p.NewBatch()
	var used []call.TimedUsage
	var operations []call.Operation
	for i, model := range []string{"a", "b", "c", "a", "d"} {
		u := use(model)
		used = append(used, u)
		operations = append(operations, call.Operation{Source: u.Source, Sequence: i + 1, Usage: []call.TimedUsage{u}})
		b.Add([]call.Fact{fact(call.Fact{Kind: call.Used, Usage: u.Usage})})
	}
	b.Add([]call.Fact{
		fact(call.Fact{Kind: call.Traced, Turn: &call.Turn{Operations: operations}}),
		fact(call.Fact{Kind: call.Ended, Summary: &call.Summary{Usage: used}}),
	})

	want := []string{"a", "b", "other", "a", "other"}
	var points, reports, spans []string
	for _, point := range b.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().All() {
		points = append(points, point.Attributes().AsRaw()["model"].(string))
	}
	summary := b.Logs().ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0).Attributes().AsRaw()
	for _, report := range summary["voice.tx.usage"].([]any) {
		reports = append(reports, report.(map[string]any)["model"].(string))
	}
	for _, span := range b.Traces().ResourceSpans().At(0).ScopeSpans().At(0).Spans().All() {
		if model, ok := span.Attributes().Get("gen_ai.request.model"); ok {
			spans = append(spans, model.Str())
		}
	}
	assert.Equal(t, want, points)
	assert.Equal(t, want, reports)
	assert.Equal(t, want, spans)
	assert.Equal(t, []any{"openai/a", "openai/b", "openai/other"}, summary["models"])
}

func TestReplacedCountsByAttribute(t *testing.T) {
	p := NewProducer(Settings{MaxValues: 1, TenantAttribute: "customer"})
	b := p.NewBatch()
	for i, name := range []string{"one", "two", "two"} {
		source := frame.Source{Processor: name, Provider: "openai", Model: name}
		key := call.Key{Tenant: name, ID: "c1"}
		b.Add([]call.Fact{
			{Kind: call.Waited, Call: key, Source: source, Value: 1},
			{Kind: call.ToolCalled, Call: key, Name: name},
			{Kind: call.Failed, Call: key, Name: fmt.Sprint(i)},
		})
	}
	assert.Equal(t, map[string]int64{
		"provider": 0, "model": 2, "processor": 2, "function_name": 2, "category": 2, "tenant": 6,
	}, p.Replaced())
}

func TestNoLimit(t *testing.T) {
	p := NewProducer(Settings{})
	for i := range 1000 {
		name := fmt.Sprint(i)
		assert.Equal(t, name, p.text(models, name))
	}
	assert.Zero(t, p.Replaced()[semconv.AttrModel])
}

// However many ask at once, as many values as there is room for are themselves, and always the same ones.
func TestVocabularyUnderConcurrency(t *testing.T) {
	const room, values, askers = 50, 200, 16
	v := &vocabulary{limit: room}
	answers := make([][values]string, askers)
	var wg sync.WaitGroup
	for asker := range askers {
		wg.Go(func() {
			for i := range values {
				n := (i + asker*13) % values
				answers[asker][n] = v.admit(fmt.Sprint(n))
			}
		})
	}
	wg.Wait()
	for asker := range askers {
		assert.Equal(t, answers[0], answers[asker])
	}
	themselves := 0
	for n, answer := range answers[0] {
		if answer == fmt.Sprint(n) {
			themselves++
		} else {
			assert.Equal(t, "other", answer)
		}
	}
	assert.Equal(t, room, themselves)
	assert.Equal(t, int64((values-room)*askers), v.replaced.Load())
}

func TestKnownValuesCostNothing(t *testing.T) {
	p := NewProducer(Settings{MaxValues: 1})
	p.text(models, "gpt-4o")
	assert.Zero(t, testing.AllocsPerRun(100, func() {
		p.text(models, "gpt-4o")
		p.text(models, "gpt-5")
	}))
}

// A name that is one too many for a label still finds its price.
func TestTheRealNameTravels(t *testing.T) {
	p := NewProducer(Settings{MaxValues: 1})
	p.text(models, "made-up")
	p.text(providers, "made-up")
	source := frame.Source{Stage: frame.LLM, Provider: "openai", Model: "gpt-4o"}
	b := p.NewBatch()
	b.Add([]call.Fact{{Kind: call.Used, Usage: call.Usage{Source: source, Quantity: call.Tokens, Amount: 1}}})
	point := b.Metrics().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Sum().DataPoints().At(0)
	got := point.Attributes().AsRaw()
	assert.Equal(t, "other", got["provider"])
	assert.Equal(t, "other", got["model"])
	assert.Equal(t, "openai", got["voice.tx.provider"])
	assert.Equal(t, "gpt-4o", got["voice.tx.model"])
}
