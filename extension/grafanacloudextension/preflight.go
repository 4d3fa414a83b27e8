package grafanacloudextension

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/jonboulle/clockwork"
	"go.uber.org/zap"
)

const (
	preflightTimeout = 10 * time.Second
	// preflightEvery is how long after a probe that failed the next one is sent.
	preflightEvery = 30 * time.Second
	// maxClockSkew is how far the gateway's clock may be from ours. Mimir takes points of up to ten minutes in the future.
	maxClockSkew = 5 * time.Minute
)

const (
	lineConfigured  = "OpenTelemetry configured for Grafana Cloud"
	lineUnreachable = "The gateway cannot be reached. Data is kept and sent when it can be, for as long as the exporter's retry_on_failure and queue allow"
	lineNotGateway  = "The endpoint answers, but not as an OTLP gateway"
	lineClock       = "The clock of this machine and that of the gateway differ by more than 5 minutes: points of the future are refused, and so are old ones. Set the clock (NTP)"
)

// probeOther is of what answers without being a gateway.
var probeOther = verdict{
	meaning: "what answers does not take an empty request of OTLP, as every gateway does",
	remedy:  "take the URL from OpenTelemetry > Configure on your stack's page into OTEL_EXPORTER_OTLP_ENDPOINT, " + endpointExample,
	mend:    true,
}

// preflight asks the gateway whether it takes the credential: it sends a request for metrics without a metric, which writes
// nothing, by the way that an exporter's requests go. It repeats that until it has worked once.
type preflight struct {
	endpoint string
	tripper  http.RoundTripper // signs
	secrets  *secrets
	accepted *credentials // what was last accepted and told
	clock    clockwork.Clock
	standing *standing
	logger   *zap.Logger
	fields   func() []zap.Field // what is configured
	again    chan struct{}      // asks for one more probe
	proof    chan struct{}      // stands for a probe that works
	skewed   bool               // that the clocks differ has been told
}

// run probes until ctx ends.
func (p *preflight) run(ctx context.Context) {
	works := p.probe(ctx)
	for {
		var next <-chan time.Time
		if !works {
			next = p.clock.After(preflightEvery)
		}
		select {
		case <-ctx.Done():
			return
		case <-p.proof:
			works = true
			p.noteSuccess()
		case <-p.again:
			works = p.probe(ctx)
		case <-next:
			works = p.probe(ctx)
		}
	}
}

// repeat asks for one more probe, after the credential has changed. It does not wait.
func (p *preflight) repeat() { signalOnce(p.again) }

// prove tells that an exporter has got metrics through. That is more than a probe can show, which lacks what the exporter adds to
// its requests (its own headers), and spares the gateway the next ones. It does not wait.
func (p *preflight) prove() { signalOnce(p.proof) }

func signalOnce(to chan<- struct{}) {
	select {
	case to <- struct{}{}:
	default: // it is known already
	}
}

// probe reports whether the gateway takes the credential, and tells why not.
func (p *preflight) probe(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, preflightTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(p.endpoint, "/")+"/v1/metrics", http.NoBody)
	if err != nil {
		return false // the endpoint has been parsed before
	}
	req.Header.Set("Content-Type", "application/x-protobuf")
	resp, err := p.tripper.RoundTrip(req)
	if err != nil {
		if !wasGivenUp(req) {
			p.standing.fails(p, trouble{verdict: explainNetwork(err), line: lineUnreachable}, where(req)...)
		}
		return false
	}
	answer := readAnswer(resp.Body)
	p.checkClock(resp)
	return p.judge(req, resp, answer)
}

func (p *preflight) judge(req *http.Request, resp *http.Response, answer string) bool {
	fields := append([]zap.Field{zap.Int("status_code", resp.StatusCode)}, where(req)...)
	switch status := resp.StatusCode; {
	case isRefusal(status), isElsewhere(resp):
		p.standing.fails(p, trouble{verdict: explain(metrics, status, answer), line: lineRefused, lasting: true}, fields...)
	case isSuccess(status):
		p.noteSuccess()
		return true
	case isRetried(status), status >= http.StatusInternalServerError:
		fields = append(fields, zap.String("retry_after", seconds(resp)))
		p.standing.fails(p, trouble{verdict: explainWaiting(status), line: lineWaiting}, fields...)
	default:
		p.standing.fails(p, trouble{verdict: probeOther, line: lineNotGateway, lasting: true}, fields...)
	}
	return false
}

// noteSuccess tells of the first success, of one after trouble, and of one with another credential.
func (p *preflight) noteSuccess() {
	used := p.secrets.current.Load()
	if p.standing.clears(p) || p.accepted != used {
		p.accepted = used
		p.logger.Info(lineConfigured, p.fields()...)
	}
}

// checkClock compares the clocks by the Date of the answer, whatever it is, and tells once if they differ.
func (p *preflight) checkClock(resp *http.Response) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	ahead := p.clock.Since(date)
	known := p.skewed
	if p.skewed = ahead.Abs() > maxClockSkew; p.skewed && !known {
		p.logger.Warn(lineClock, zap.String("ahead_by", strconv.Itoa(int(ahead.Seconds()))+"s"))
	}
}
