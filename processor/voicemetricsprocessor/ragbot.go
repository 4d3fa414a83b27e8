package voicemetricsprocessor

import (
	"cmp"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/pipecat"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/provider"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
	"github.com/otelcol-voice/otelcol-voice/internal/stream"
)

// The bot of the guide (a GrafanaMetricsExporter in a module of this name) names the models of all stages on every point, and
// who did it as Pipecat does, with a counter. Its times are seconds that are called milliseconds, with a zero of the start of each
// processor; its cost is that of another model; of its session it adds up, with each report, how long it has gone on, and
// it has a counter of calls that it never adds to.
const ragScope = "grafana_metrics"

// Attributes of the bot's points that ours do not have.
const (
	ragLLM        = "llm_model"
	ragSTT        = "stt_model"
	ragTTS        = "tts_model"
	ragMetricType = "metric_type"
)

func isRAGBot(scope pcommon.InstrumentationScope) bool {
	return scope.Name() == ragScope || strings.HasSuffix(scope.Name(), "."+ragScope)
}

// ragRepairs is what is done to each of the bot's metrics. Others pass.
var ragRepairs = map[string]func(*batch, pmetric.Metric){
	semconv.MetricTTFB:                     (*batch).repairLatency,
	semconv.MetricProcessing:               (*batch).repairLatency,
	semconv.MetricLLMTokens:                (*batch).repairTokens,
	semconv.MetricTTSCharacters:            (*batch).repairCharacters,
	semconv.MetricCalls:                    (*batch).repairCalls,
	semconv.MetricSessionDuration:          (*batch).repairSession,
	semconv.MetricCost:                     (*batch).dropOwnCost,
	"voice.llm.response_time.milliseconds": (*batch).dropCopy,
	"voice.stt.response_time.milliseconds": (*batch).dropCopy,
	"voice.tts.response_time.milliseconds": (*batch).dropCopy,
}

func (b *batch) repairRAGBot(metrics pmetric.MetricSlice) {
	makesCalls := !countsCalls(metrics)
	for _, m := range metrics.All() {
		if makesCalls && m.Name() == semconv.MetricSessionDuration {
			b.makeCalls(m)
		}
		if repair := ragRepairs[m.Name()]; repair != nil {
			repair(b, m)
		}
	}
	b.removeEmpty(metrics, func(name string) bool { return ragRepairs[name] != nil })
}

// repairing settles a point of a repaired metric, of which no original is kept: there would be two of one name.
//
// What cannot be would be taken for what it is called, and goes.
func (b *batch) repairing(what outcome) (goes bool) {
	if what == leftMalformed {
		what = droppedMalformed
	}
	b.tally.add(what, 1)
	return !what.stays() && what != repaired
}

func (b *batch) dropCopy(m pmetric.Metric) {
	removeIf(m, func() bool { return b.repairing(droppedCopy) })
}

// dropOwnCost drops what the cost processor would, so that it does not: a point is counted once.
func (b *batch) dropOwnCost(m pmetric.Metric) {
	if m.Type() != pmetric.MetricTypeSum {
		removeIf(m, func() bool { return b.repairing(droppedOwnCost) })
		return
	}
	m.Sum().DataPoints().RemoveIf(func(p pmetric.NumberDataPoint) bool {
		if text(p.Attributes(), semconv.AttrCostSource) != "" {
			return b.repairing(leftPriced)
		}
		return b.repairing(droppedOwnCost)
	})
}

func (b *batch) repairLatency(m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeHistogram:
		temporality := m.Histogram().AggregationTemporality()
		m.Histogram().DataPoints().RemoveIf(func(p pmetric.HistogramDataPoint) bool {
			return b.repairing(b.repairTimes(p, temporality))
		})
	case pmetric.MetricTypeExponentialHistogram:
		temporality := m.ExponentialHistogram().AggregationTemporality()
		m.ExponentialHistogram().DataPoints().RemoveIf(func(p pmetric.ExponentialHistogramDataPoint) bool {
			return b.repairing(b.repairExponential(p, temporality))
		})
	default:
		removeIf(m, func() bool { return b.repairing(leftMalformed) })
		return
	}
	rename(m, m.Name())
}

func (b *batch) repairTimes(p pmetric.HistogramDataPoint, temporality pmetric.AggregationTemporality) outcome {
	if what := readable(p, temporality); what != unsettled {
		return what
	}
	if what := inMilliseconds(p, milliseconds); what != unsettled {
		return what
	}
	b.relabelTimes(p.Attributes(), temporality)
	return repaired
}

func (b *batch) repairExponential(p pmetric.ExponentialHistogramDataPoint, temporality pmetric.AggregationTemporality) outcome {
	if what := readable(p, temporality); what != unsettled {
		return what
	}
	if what := exponentialInMilliseconds(p, milliseconds); what != unsettled {
		return what
	}
	b.relabelTimes(p.Attributes(), temporality)
	return repaired
}

func (b *batch) relabelTimes(attributes pcommon.Map, temporality pmetric.AggregationTemporality) {
	who := workerOf(attributes)
	b.relabel(attributes, temporality)
	who.source(attributes, who.Stage)
	put(attributes, semconv.AttrStage, string(who.Stage))
	put(attributes, semconv.AttrProcessor, who.Processor)
}

func (b *batch) repairTokens(m pmetric.Metric)     { b.repairUsage(m, frame.LLM) }
func (b *batch) repairCharacters(m pmetric.Metric) { b.repairUsage(m, frame.TTS) }

// repairUsage says who was used. The numbers are right.
func (b *batch) repairUsage(m pmetric.Metric, stage frame.Stage) {
	temporality := stream.Counting(m)
	if m.Type() != pmetric.MetricTypeSum || temporality == pmetric.AggregationTemporalityUnspecified {
		removeIf(m, func() bool { return b.repairing(leftNotCounter) })
		return
	}
	rename(m, m.Name())
	r := reading{delta: temporality == pmetric.AggregationTemporalityDelta, limit: limitOf(kindOf(stage))}
	producer := b.from.digest()
	m.Sum().DataPoints().RemoveIf(func(p pmetric.NumberDataPoint) bool {
		amount, fault := numberOf(p)
		if fault != unsettled {
			return b.repairing(fault)
		}
		r.stream = stream.Mix(producer, stream.Digest(m.Name(), p.Attributes()))
		r.start, r.at, r.amount = p.StartTimestamp(), p.Timestamp(), amount
		if !b.totals.possible(&r, b.now) {
			return b.repairing(leftMalformed)
		}
		b.relabelUsage(p.Attributes(), m.Name(), stage, temporality)
		return b.repairing(repaired)
	})
}

func kindOf(stage frame.Stage) pricing.Kind {
	if stage == frame.TTS {
		return pricing.Characters
	}
	return pricing.Unknown // tokens of whatever sort
}

func (b *batch) relabelUsage(attributes pcommon.Map, name string, stage frame.Stage, temporality pmetric.AggregationTemporality) {
	who := workerOf(attributes)
	if stage == frame.LLM && who.Stage == frame.Realtime {
		stage = frame.Realtime
	}
	b.relabel(attributes, temporality)
	who.source(attributes, stage)
	put(attributes, semconv.TransitStage, string(stage))
	if _, split := attributes.Get(semconv.AttrTokenKind); name == semconv.MetricLLMTokens && !split {
		attributes.PutStr(semconv.AttrTokenKind, semconv.KindText)
	}
}

// relabel takes off what our points do not say. What told the stream from others is kept where rollup needs it.
func (b *batch) relabel(attributes pcommon.Map, temporality pmetric.AggregationTemporality) {
	callID := callOf(attributes, b.from.resource.Attributes())
	stream := stream.Text(stream.Digest("", attributes))
	attributes.RemoveIf(func(key string, _ pcommon.Value) bool {
		switch key {
		case ragLLM, ragSTT, ragTTS, ragMetricType, semconv.AttrProcessor:
			return true
		}
		return false
	})
	put(attributes, semconv.AttrCallID, callID)
	if temporality == pmetric.AggregationTemporalityCumulative {
		attributes.PutStr(semconv.TransitStream, stream)
	}
}

// worker is who did something, as a point tells it.
type worker struct {
	frame.Source
	models map[frame.Stage]string
}

func workerOf(attributes pcommon.Map) worker {
	llm := text(attributes, ragLLM)
	return worker{
		Source: pipecat.SourceOf(text(attributes, semconv.AttrProcessor), ""),
		models: map[frame.Stage]string{
			frame.LLM: llm, frame.Realtime: llm, frame.STT: text(attributes, ragSTT), frame.TTS: text(attributes, ragTTS),
		},
	}
}

// source writes who was used for a stage: the class says who serves it, and the model may be no more than that once more.
func (w *worker) source(attributes pcommon.Map, stage frame.Stage) {
	named := provider.Default(stage, w.models[stage])
	put(attributes, semconv.AttrProvider, cmp.Or(w.Provider, named.Provider))
	put(attributes, semconv.AttrModel, named.Model)
}

// countsCalls says whether the bot counts its calls, as one does that was corrected.
func countsCalls(metrics pmetric.MetricSlice) bool {
	for _, m := range metrics.All() {
		if m.Name() != semconv.MetricCalls || m.Type() != pmetric.MetricTypeSum {
			continue
		}
		for _, p := range m.Sum().DataPoints().All() {
			if n, fault := numberOf(p); fault == unsettled && n > 0 {
				return true
			}
		}
	}
	return false
}

func (b *batch) repairCalls(m pmetric.Metric) {
	temporality := stream.Counting(m)
	if m.Type() != pmetric.MetricTypeSum {
		removeIf(m, func() bool { return b.repairing(leftNotCounter) })
		return
	}
	rename(m, m.Name())
	m.Sum().DataPoints().RemoveIf(func(p pmetric.NumberDataPoint) bool {
		if _, fault := numberOf(p); fault != unsettled {
			return b.repairing(fault)
		}
		b.relabel(p.Attributes(), temporality)
		return b.repairing(repaired)
	})
}

// makeCalls counts one call for each session that is told of.
func (b *batch) makeCalls(m pmetric.Metric) {
	if !isSession(m) {
		return
	}
	for _, p := range m.Sum().DataPoints().All() {
		if _, fault := numberOf(p); fault != unsettled {
			continue
		}
		made := b.out.counter(semconv.MetricCalls, pmetric.AggregationTemporalityCumulative)
		made.SetStartTimestamp(p.StartTimestamp())
		made.SetTimestamp(p.Timestamp())
		made.SetIntValue(1)
		p.Attributes().CopyTo(made.Attributes())
		b.relabel(made.Attributes(), pmetric.AggregationTemporalityCumulative)
		b.tally.calls++
	}
}

func isSession(m pmetric.Metric) bool {
	return m.Type() == pmetric.MetricTypeSum && m.Sum().AggregationTemporality() == pmetric.AggregationTemporalityCumulative
}

// repairSession makes of the sum of how long the session had lasted at each report how long it had at the last.
func (b *batch) repairSession(m pmetric.Metric) {
	if !isSession(m) {
		removeIf(m, func() bool { return b.repairing(droppedMalformed) })
		return
	}
	rename(m, m.Name())
	m.Sum().SetIsMonotonic(false)
	producer := b.from.digest()
	m.Sum().DataPoints().RemoveIf(func(p pmetric.NumberDataPoint) bool {
		return b.repairing(b.repairDuration(p, producer))
	})
}

func (b *batch) repairDuration(p pmetric.NumberDataPoint, producer uint64) outcome {
	value, fault := numberOf(p)
	if fault != unsettled {
		return fault
	}
	lasted, what := b.sessions.lasted(&report{
		stream: stream.Mix(producer, stream.Digest("", p.Attributes())), start: p.StartTimestamp(), at: p.Timestamp(), value: value,
	}, b.now)
	if what != repaired {
		return what
	}
	p.SetDoubleValue(lasted)
	b.relabel(p.Attributes(), pmetric.AggregationTemporalityCumulative)
	return repaired
}
