package signal

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/internal/signal/semconv"
)

// Summaries is how many calls have ended in the batch.
func (b *Batch) Summaries() int { return len(b.calls) }

// Logs makes one summary record for each call that ended in the batch. The caller owns it.
func (b *Batch) Logs() plog.Logs {
	logs := plog.NewLogs()
	if len(b.calls) == 0 {
		return logs
	}
	var scope plog.ScopeLogs
	for i := range b.calls {
		if i == 0 || b.from.apart(b.calls[i-1].Call.Tenant, b.calls[i].Call.Tenant) {
			resource := logs.ResourceLogs().AppendEmpty()
			b.from.resource(b.calls[i].Call.Tenant).put(resource.Resource().Attributes())
			scope = resource.ScopeLogs().AppendEmpty()
			scope.Scope().SetName(semconv.ScopeName)
		}
		b.summary(scope.LogRecords().AppendEmpty(), &b.calls[i])
	}
	return logs
}

func (b *Batch) summary(record plog.LogRecord, f *call.Fact) {
	record.SetEventName(semconv.EventCallSummary)
	record.SetTimestamp(pcommon.NewTimestampFromTime(f.Time))
	record.SetSeverityNumber(plog.SeverityNumberInfo)
	record.SetSeverityText("INFO")
	record.Body().SetStr(semconv.EventCallSummary)
	trace := b.from.trace(f.Call, f.Summary.Trace)
	record.SetTraceID(trace.id)
	if b.from.settings.Resource == nil { // else there is none of ours
		record.SetSpanID(trace.root())
	}

	attrs := record.Attributes()
	attrs.PutStr(semconv.AttrCallID, f.Call.ID)
	b.from.putTenant(attrs, f.Call)
	attrs.PutStr(semconv.SummaryService, b.from.resource(f.Call.Tenant).Service)
	b.putSummary(attrs, f.Summary)
	b.putReports(attrs, f.Summary.Usage)
}

func (b *Batch) putSummary(attrs pcommon.Map, s *call.Summary) {
	attrs.PutStr(semconv.SummaryStart, s.Start.UTC().Format(rfc3339Micro))
	attrs.PutDouble(semconv.SummaryDuration, s.Duration.Seconds())
	putCourse(attrs, s)
	putPercentiles(attrs, s.TurnLatencies, semconv.SummaryTurnLatencyP50, semconv.SummaryTurnLatencyP95)
	putPercentiles(attrs, s.TTFBs, semconv.SummaryTTFBP50, semconv.SummaryTTFBP95)
	putStartup(attrs, s.Startup)
	putTotals(attrs, totalsOf(s.Usage))
	b.from.putModels(attrs.PutEmptySlice(semconv.SummaryModels), s.Usage)
}

const rfc3339Micro = "2006-01-02T15:04:05.999999Z07:00"

// putCourse writes how a call went, on its summary and its span alike.
func putCourse(attrs pcommon.Map, s *call.Summary) {
	attrs.PutStr(semconv.AttrEndReason, s.Reason)
	attrs.PutInt(semconv.SummaryTurns, int64(s.Turns))
	attrs.PutInt(semconv.SummaryInterruptions, int64(s.Interruptions))
	putIf(attrs, semconv.SummaryUsageMissing, s.UsageMissing)
	putIf(attrs, semconv.SummaryCostPending, s.CostPending)
}

// putPercentiles writes the 50th and 95th percentile by nearest rank: values that did occur. Of nothing there are none.
func putPercentiles(attrs pcommon.Map, values []float64, p50, p95 string) {
	if len(values) == 0 {
		return
	}
	sorted := slices.Sorted(slices.Values(values))
	rank := func(percent int) float64 { return sorted[(len(sorted)*percent+99)/100-1] }
	attrs.PutDouble(p50, rank(50))
	attrs.PutDouble(p95, rank(95))
}

func putStartup(attrs pcommon.Map, steps []call.Step) {
	if len(steps) == 0 {
		return
	}
	startup := attrs.PutEmptyMap(semconv.SummaryStartup)
	for _, step := range steps {
		startup.PutDouble(step.Name, step.Value)
	}
}

// putTotals writes how much the call used in all. Most calls have no realtime model and tell nothing of their transport or
// platform, so the seconds of these are there only if any.
func putTotals(attrs pcommon.Map, used *totals) {
	tokens := attrs.PutEmptyMap(semconv.SummaryTokens)
	for leaf, n := range used.tokens {
		if n != 0 {
			tokens.PutInt(tokenKeys[leaf], n)
		}
	}
	attrs.PutInt(semconv.SummaryCharacters, int64(used.of(call.Characters)))
	attrs.PutDouble(semconv.SummarySTTAudio, used.of(call.AudioSeconds))
	attrs.PutDouble(semconv.SummarySTTSession, used.of(call.STTSession))
	putDouble(attrs, semconv.SummaryRealtimeSession, used.of(call.RealtimeSession))
	putDouble(attrs, semconv.SummaryTransport, used.of(call.TransportSeconds))
	putDouble(attrs, semconv.SummaryPlatform, used.of(call.PlatformSeconds))
}

// putDouble leaves out what is 0, which stands for unknown.
func putDouble(attrs pcommon.Map, key string, value float64) {
	if value != 0 {
		attrs.PutDouble(key, value)
	}
}

// putModels lists the models that the call used, in their order. A telephony provider or a platform is none.
func (p *Producer) putModels(list pcommon.Slice, usage []call.TimedUsage) {
	var names []string
	seen := map[model]struct{}{}
	for i := range usage {
		source := &usage[i].Source
		of := model{source.Provider, source.Model}
		if _, again := seen[of]; again || source.Stage == frame.Transport || source.Stage == frame.Platform {
			continue
		}
		seen[of] = struct{}{}
		if name := p.modelName(of); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		list.AppendEmpty().SetStr(name)
	}
}

// model is one as its calls name it.
type model struct{ provider, name string }

func (p *Producer) modelName(of model) string {
	provider, name := p.text(providers, of.provider), p.text(models, of.name)
	switch {
	case provider == "":
		return name
	case name == "":
		return provider
	}
	return provider + "/" + name
}
