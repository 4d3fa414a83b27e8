package signal

import (
	"maps"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
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
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr(attrServiceName, b.from.settings.Service)
	scope := resource.ScopeLogs().AppendEmpty()
	scope.Scope().SetName(semconv.ScopeName)
	for i := range b.calls {
		b.summary(scope.LogRecords().AppendEmpty(), &b.calls[i])
	}
	return logs
}

func (b *Batch) summary(record plog.LogRecord, f *call.Fact) {
	s := f.Summary
	record.SetEventName(semconv.EventCallSummary)
	record.SetTimestamp(pcommon.NewTimestampFromTime(f.Time))
	record.SetSeverityNumber(plog.SeverityNumberInfo)
	record.SetSeverityText("INFO")
	record.Body().SetStr(semconv.EventCallSummary)

	attrs := record.Attributes()
	attrs.PutStr(semconv.AttrCallID, f.Call.ID)
	attrs.PutStr(semconv.SummaryService, b.from.settings.Service)
	attrs.PutStr(semconv.SummaryStart, s.Start.UTC().Format(rfc3339Micro))
	attrs.PutDouble(semconv.SummaryDuration, s.Duration.Seconds())
	attrs.PutStr(semconv.AttrEndReason, s.Reason)
	attrs.PutInt(semconv.SummaryTurns, int64(s.Turns))
	attrs.PutInt(semconv.SummaryInterruptions, int64(s.Interruptions))
	putPercentiles(attrs, s.TurnLatencies, semconv.SummaryTurnLatencyP50, semconv.SummaryTurnLatencyP95)
	putPercentiles(attrs, s.TTFBs, semconv.SummaryTTFBP50, semconv.SummaryTTFBP95)
	putTotals(attrs, s.Usage)
	putEntries(attrs.PutEmptySlice(semconv.TransitUsage), f.Call.ID, s.Usage)
}

const rfc3339Micro = "2006-01-02T15:04:05.999999Z07:00"

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

// putTotals writes how much the call used in all. Most calls have no realtime model, so its seconds are there only if any.
func putTotals(attrs pcommon.Map, usage []call.TimedUsage) {
	tokens := attrs.PutEmptyMap(semconv.SummaryTokens)
	var sums [call.Quantities]float64
	models := map[string]struct{}{}
	for i := range usage {
		u := &usage[i].Usage
		sums[u.Quantity] += u.Amount
		if u.Quantity == call.Tokens {
			addTo(tokens, tokenKey(u), int64(u.Amount))
		}
		models[modelName(u)] = struct{}{}
	}
	attrs.PutInt(semconv.SummaryCharacters, int64(sums[call.Characters]))
	attrs.PutDouble(semconv.SummarySTTAudio, sums[call.AudioSeconds])
	attrs.PutDouble(semconv.SummarySTTSession, sums[call.STTSession])
	if sums[call.RealtimeSession] > 0 {
		attrs.PutDouble(semconv.SummaryRealtimeSession, sums[call.RealtimeSession])
	}
	slice := attrs.PutEmptySlice(semconv.SummaryModels)
	for _, model := range slices.Sorted(maps.Keys(models)) {
		slice.AppendEmpty().SetStr(model)
	}
}

func tokenKey(u *call.Usage) string {
	leaf := tokenLeaves[u.Leaf]
	if leaf.tokenKind == "" {
		return leaf.tokenType
	}
	return leaf.tokenType + "." + leaf.tokenKind
}

func modelName(u *call.Usage) string {
	switch {
	case u.Source.Provider == "":
		return u.Source.Model
	case u.Source.Model == "":
		return u.Source.Provider
	}
	return u.Source.Provider + "/" + u.Source.Model
}

func addTo(sums pcommon.Map, key string, n int64) {
	if sum, known := sums.Get(key); known {
		sum.SetInt(sum.Int() + n)
		return
	}
	sums.PutInt(key, n)
}

// putEntries lists the call's usage as the points had it, one entry a point, for the cost processor.
func putEntries(entries pcommon.Slice, callID string, usage []call.TimedUsage) {
	entries.EnsureCapacity(len(usage))
	for i := range usage {
		u := &usage[i]
		entry := entries.AppendEmpty().SetEmptyMap()
		entry.PutStr(semconv.UsageName, usageMetric(u.Quantity))
		entry.PutDouble(semconv.UsageValue, u.Amount)
		entry.PutInt(semconv.UsageTime, u.Time.UnixNano())
		attrs := entry.PutEmptyMap(semconv.UsageAttributes)
		attrs.PutStr(semconv.AttrCallID, callID)
		putID(attrs, u.FrameID)
		putUsage(attrs, &u.Usage)
	}
}
