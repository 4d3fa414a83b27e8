// Package recorded reads the call summaries and spans that a collector with config/local.yaml writes to files.
package recorded

import (
	"fmt"
	"io"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
)

// Call is a call as its summary tells it.
type Call struct {
	ID            string
	TraceID       string
	Start         time.Time
	Seconds       float64
	EndReason     string
	Turns         int
	Interruptions int
	Tokens        map[string]float64 // by token_type.token_kind
	Characters    float64
	Models        []string // provider/model
	Cost          float64  // USD, of what has a price
	CostByStage   map[string]float64
	CostComplete  bool
	Unpriced      []string // provider/model usage_kind: reason
	UsageMissing  bool
	CostPending   bool
	PriceVersion  string
}

const summaryEvent = "voice.call.summary"

// Calls reads the summaries of the calls that are wanted, and says how many records were torn. A summary may have been written
// more than once, after a crash: the last one holds.
func Calls(r io.Reader, wanted func(callID string) bool) (calls map[string]Call, torn int, err error) {
	calls = map[string]Call{}
	decoder := plog.JSONUnmarshaler{}
	torn, err = eachRecord(r, beginsLogs, func(record []byte) error {
		logs, err := decoder.UnmarshalLogs(record)
		if err != nil {
			return fmt.Errorf("not a record of OTLP logs: %w", err)
		}
		for _, call := range summaries(logs) {
			if wanted(call.ID) {
				calls[call.ID] = call
			}
		}
		return nil
	})
	return calls, torn, err
}

// summaries is the call summaries among the logs.
func summaries(logs plog.Logs) []Call {
	var calls []Call
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				if record.EventName() == summaryEvent {
					calls = append(calls, callOf(record))
				}
			}
		}
	}
	return calls
}

func callOf(record plog.LogRecord) Call {
	a := attributes{record.Attributes()}
	start, _ := time.Parse(time.RFC3339Nano, a.text("start")) // the zero time where there is none
	return Call{
		ID:            a.text("call_id"),
		TraceID:       record.TraceID().String(),
		Start:         start,
		Seconds:       a.number("duration_seconds"),
		EndReason:     a.text("end_reason"),
		Turns:         int(a.number("turns")),
		Interruptions: int(a.number("interruptions")),
		Tokens:        a.numbers("tokens"),
		Characters:    a.number("characters"),
		Models:        a.texts("models"),
		Cost:          a.number("cost_usd"),
		CostByStage:   a.numbers("cost_usd_by_type"),
		CostComplete:  a.truth("cost_complete"),
		Unpriced:      a.texts("unpriced"),
		UsageMissing:  a.truth("usage_missing"),
		CostPending:   a.truth("cost_pending"),
		PriceVersion:  a.text("price_version"),
	}
}
