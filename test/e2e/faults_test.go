package e2e

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/ledger"
)

// faultsOverlay makes what is shipped faster, and shows its own metrics on a page, so that they do not need the backend.
const faultsOverlay = `
processors: {rollup: {interval: 200ms, call_id: {resend_interval: 500ms}}}
exporters: {otlp_http: {retry_on_failure: {initial_interval: 100ms, max_interval: 200ms}}}
service: {telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: localhost, port: %s}}}}]}}}
`

// fault is what a gateway does to everything for a while.
type fault struct {
	backend.Fault
	away bool   // connections are refused instead
	line string // of the log
	// mended says that the collector is started anew when it is over, as one does who has mended a credential. A refusal
	// is tried again after 30 s at the earliest, so this is also quicker.
	mended bool
	// lost is the counter of what does not arrive; "" if all is kept.
	lost string
}

const (
	refusedLine = "The gateway refuses data. It is kept"
	lostLine    = "The gateway refuses data for good"
	partialLine = "The gateway accepts data but for a part"
	droppedBy   = "otelcol_grafana_cloud_dropped_items"
	rejectedBy  = "otelcol_grafana_cloud_rejected_points"
)

var faults = map[string]fault{
	"401": {Fault: backend.Fault{
		Status: 401, Message: `{"status":"error","error":"authentication error: invalid authentication credentials"}`,
	}, line: refusedLine, mended: true},
	"403": {Fault: backend.Fault{
		Status: 403, Message: `{"status":"error","error":"authentication error: invalid scope requested"}`,
	}, line: refusedLine, mended: true},
	"404": {Fault: backend.Fault{Status: 404, Message: "404 page not found"}, line: refusedLine, mended: true},
	"413": {Fault: backend.Fault{
		Status: 413, Filled: true, Message: "the incoming OTLP request has been rejected because its message size is larger than the allowed limit (err-mimir-distributor-max-otlp-request-size)",
	}, line: lostLine, lost: droppedBy},
	"429": {Fault: backend.Fault{
		Status: 429, RetryAfter: time.Second, Message: "the request has been rejected because the tenant exceeded the ingestion rate limit (err-mimir-tenant-max-ingestion-rate)",
	}, line: gatewayAway},
	"503": {Fault: backend.Fault{Status: 503}, line: gatewayAway},
	"partial success": {Fault: backend.Fault{
		Status: 200, Partial: true, Message: "per-user series limit of 150000 exceeded (err-mimir-max-series-per-user)",
	}, line: partialLine, lost: rejectedBy},
	"refused": {away: true, line: gatewayUnreached},
}

var signals = []string{"metrics", "logs", "traces"}

// Whatever the gateway does: what is kept arrives when that is over, to the letter; what is lost is counted, to the item. It is
// in the log with its cause, and the credential nowhere.
func TestFaults(t *testing.T) {
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := backend.Start(t)
			own := freeAddress(t)
			_, port, err := net.SplitHostPort(own)
			require.NoError(t, err)
			c := collector.New(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: fmt.Sprintf(faultsOverlay, port)})
			f.begin(b)
			c.Start()
			replay(t, c)
			f.awaitRefusals(t, own)
			during := readOwn(t, own)
			f.end(b)
			if f.mended {
				f.stop(c)
				c.Start()
			}
			want := ledger.Load(t, totals)
			awaitLedger(t, want, b)
			assertLedger(t, want, b, time.Now())
			f.assertLosses(t, b, own, during, int(want.Sum("voice_call_duration_seconds_count")))
			eventually(t, "the gateway is known to be right", func() bool {
				return strings.Contains(c.Logs(), "OpenTelemetry configured for Grafana Cloud")
			})
			f.stop(c)
			f.assertLog(t, c.Logs())
			f.assertPauses(t, b)
		})
	}
}

func (f fault) begin(b *backend.Backend) {
	if f.away {
		b.Refuse()
		return
	}
	b.Fail(f.Fault)
}

func (f fault) end(b *backend.Backend) {
	if f.away {
		b.Accept()
		return
	}
	b.Heal()
}

// status is what the extension calls the answer.
func (f fault) status() string {
	if f.away {
		return "none"
	}
	return fmt.Sprint(f.Status)
}

// stop stops the collector, whose log may complain of the fault and of nothing else.
func (f fault) stop(c *collector.Collector) {
	c.Stop(f.line, gatewayAway, "Exporting failed", "Partial success response", "usage without a price")
}

// awaitRefusals waits until every signal has had the fault, and of what is kept is known since when it waits.
func (f fault) awaitRefusals(t *testing.T, own string) {
	t.Helper()
	for _, s := range signals {
		eventually(t, s+" are refused", func() bool {
			page := readOwn(t, own)
			refused := page.sum("otelcol_grafana_cloud_requests", "signal", s, "status", f.status()) > 0
			if f.Partial {
				refused = page.sum(rejectedBy, "signal", s) > 0
			}
			return refused && (f.lost != "") != (page.sum("otelcol_grafana_cloud_waiting_seconds", "signal", s) > 0)
		})
	}
}

// assertLosses compares what was counted as lost with what the backend has refused and with what is missing there.
func (f fault) assertLosses(t *testing.T, b *backend.Backend, own string, during page, ended int) {
	t.Helper()
	after := readOwn(t, own)
	eventually(t, "all summaries but the lost", func() bool {
		return len(summaries(b))+int(readOwn(t, own).sum(f.lost, "signal", "logs")) == ended
	})
	for _, s := range signals {
		counted := 0
		if f.lost != "" {
			counted = refusedItems(b, s)
			assert.Positive(t, counted, s)
		}
		assert.Equal(t, counted, int(after.sum(droppedBy, "signal", s)+after.sum(rejectedBy, "signal", s)), "%s lost", s)
		eventually(t, "nothing waits of "+s, func() bool {
			return readOwn(t, own).sum("otelcol_grafana_cloud_waiting_seconds", "signal", s) == 0
		})
		held := during.sum("otelcol_grafana_cloud_held_requests", "signal", s, "status", f.status())
		assert.Equal(t, f.mended, held > 0, "%s held", s)
	}
	for _, full := range []string{"metric_points", "log_records", "spans"} {
		assert.Zero(t, after.sum("otelcol_exporter_enqueue_failed_"+full))
	}
}

func refusedItems(b *backend.Backend, signal string) int {
	items := 0
	for _, request := range b.Requests() {
		if request.Failed && request.Path == "/otlp/v1/"+signal {
			items += request.Items()
		}
	}
	return items
}

// assertLog says that the fault is told, once for each signal at most, and that no part of the credential is in the log.
func (f fault) assertLog(t *testing.T, log string) {
	t.Helper()
	told := strings.Count(log, f.line)
	assert.Positive(t, told)
	assert.LessOrEqual(t, told, len(signals))
	assert.True(t, strings.Contains(log, `"remedy":`))
	for _, secret := range []string{"glc_test", "MTIzNDU2", "OmdsY190ZXN0"} {
		assert.False(t, strings.Contains(log, secret), "%s is in the log", secret)
	}
}

// assertPauses says that nothing was tried again earlier than the gateway had asked for.
func (f fault) assertPauses(t *testing.T, b *backend.Backend) {
	t.Helper()
	last := map[string]time.Time{}
	for _, request := range b.Requests() {
		if request.Items() == 0 {
			continue // of the preflight
		}
		if refused, ok := last[request.Path]; ok {
			assert.GreaterOrEqual(t, request.At.Sub(refused), f.RetryAfter, request.Path)
		}
		if delete(last, request.Path); request.Failed {
			last[request.Path] = request.At
		}
	}
}

// readOwn reads the page of the collector's own metrics.
func readOwn(t *testing.T, address string) page {
	t.Helper()
	response, err := http.Get("http://" + address + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	require.NoError(t, err)
	return samplesOf(t, families)
}
