package grafanacloudextension

import (
	"mime"
	"net/http"
	"strings"
)

// verdict explains what has come of a request. Its texts are constants: what a gateway writes may repeat what was sent to it.
type verdict struct {
	meaning string
	remedy  string
	// mend says that the remedy is to change endpoint or credential, which takes effect in one of two ways.
	mend bool
}

const (
	applyEnvironment = "; then restart otelcol-voice, or send it SIGHUP if it reads the file with --config dotenv:.env"
	applyFile        = "; a changed credential file is read within 10 s, anything else needs a restart"
)

// What the stock exporter takes as a reason to drop data for good, although nothing is wrong with the data.
var (
	refusedPairless = verdict{
		meaning: "the credential has no instance id in front of its token",
		remedy:  "put Authorization=Basic <base64 of INSTANCE_ID:TOKEN> into OTEL_EXPORTER_OTLP_HEADERS; " + remake,
		mend:    true,
	}
	refusedCredential = verdict{
		meaning: "the instance id or the token is wrong, the token was revoked or has expired, or the endpoint is in another zone than they are",
		remedy: "compare zone, instance id and token with those of your stack (OpenTelemetry > Configure in Grafana Cloud) and mend " +
			"the URL in OTEL_EXPORTER_OTLP_ENDPOINT, or instance_id and token, or the base64 in OTEL_EXPORTER_OTLP_HEADERS; " + remake,
		mend: true,
	}
	refusedPath = verdict{
		meaning: "nothing takes OTLP at this path",
		remedy:  "OTEL_EXPORTER_OTLP_ENDPOINT must end in /otlp, since the exporter itself adds /v1/metrics or /v1/logs",
		mend:    true,
	}
)

// refusedPage is of what isElsewhere knows.
var refusedPage = verdict{
	meaning: "a web page answers: the endpoint is that of Grafana itself, of a login or of a proxy",
	remedy:  "take the URL from OpenTelemetry > Configure on your stack's page into OTEL_EXPORTER_OTLP_ENDPOINT, " + endpointExample,
	mend:    true,
}

// refusedScope is one verdict for each signal: one may be refused while another is accepted.
func refusedScope(s signal) verdict {
	return verdict{
		meaning: "the token is known but lacks the scope " + string(s) + ":write",
		remedy: "give the token's access policy the scopes metrics:write, logs:write and traces:write; " +
			"no restart is needed unless you make a new token",
	}
}

// What keeps data waiting without anybody's mistake, or with that of somebody else.
var (
	throttled = verdict{
		meaning: "the gateway limits the rate: data comes faster than the plan of the stack allows",
		remedy: "none is needed if it passes: data waits and is sent later; if it stays, raise rollup::interval, keep call_id off more " +
			"metrics (rollup::call_id), or ask Grafana for a higher limit (metric grafanacloud_instance_metrics_limits)",
	}
	unavailable = verdict{
		meaning: "the gateway is not available for the moment",
		remedy:  "none is needed if it passes: data waits and is sent later; status.grafana.com tells of outages",
	}
)

// What the exporter drops, or the gateway did not take. It is lost; the remedy is for what comes after.
var (
	lostTooLarge = verdict{
		meaning: "the request is larger than the gateway takes",
		remedy:  "set sending_queue::batch::max_size of the exporter (4194304 with sizer: bytes, as config/collector.yaml has it)",
	}
	lostMediaType = verdict{
		meaning: "the gateway does not take this encoding",
		remedy:  "set encoding: proto and compression: gzip (or none) on the exporter",
	}
	lostBad = verdict{
		meaning: "the gateway holds the data for wrong: of another temporality than cumulative, too old, from the future, or over a limit on labels",
		remedy: "the exporter's own log line beside this one has the gateway's words; let voice metrics pass rollup, check the clock of this " +
			"machine, and shorten labels",
	}
	lostServer = verdict{
		meaning: "the gateway failed in a way that is not to be tried again",
		remedy:  "a Prometheus answers so to delta metrics: let voice metrics pass rollup; otherwise ask who runs the gateway",
	}
	lostOther = verdict{
		meaning: "the gateway refused the request in a way that is not to be tried again",
		remedy:  "the exporter's own log line beside this one has the status; check that the endpoint is that of an OTLP gateway",
	}
)

// What a gateway takes out of a request that it accepts.
var (
	rejectedSeries = verdict{
		meaning: "the stack has as many active series as its plan allows; points of new series are lost, so new calls do not appear",
		remedy:  "keep call_id off more metrics (rollup::call_id), or ask Grafana for a higher limit (metric grafanacloud_instance_metrics_limits)",
	}
	rejectedDuplicate = verdict{
		meaning: "points have a time for which the backend has another value: two senders have the same identity",
		remedy:  "give each collector its own service.instance.id, and let voice metrics pass rollup",
	}
	rejectedOld = verdict{
		meaning: "points are older than the backend takes (two hours at Grafana Cloud)",
		remedy:  "check the clock of this machine; after an outage of more than two hours this is what the outage has cost",
	}
	rejectedFuture = verdict{
		meaning: "points are from the future",
		remedy:  "check the clock of this machine",
	}
	rejectedOther = verdict{
		meaning: "the backend rejected a part of the request",
		remedy:  "the exporter's own log line beside this one, Partial success response, has the backend's words",
	}
)

// isRefusal lists what says that the credential or the address is wrong, whatever the data is.
func isRefusal(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	}
	return false
}

// isElsewhere reports whether an answer comes from something that is no gateway, and would be taken for a success: a web page,
// or a redirect after which a client asks for a page and leaves the data behind.
func isElsewhere(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		return true
	}
	mediaType, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	return isSuccess(resp.StatusCode) && mediaType == "text/html"
}

// isFollowed reports whether a client sends the data again, to where the answer says.
func isFollowed(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// isRetried lists what the stock exporter tries again.
func isRetried(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func isSuccess(status int) bool { return status >= 200 && status <= 299 }

// explain tells the meaning of a refusal from its status and, where one status has several, from the phrases by which
// Grafana Cloud's gateway tells them apart.
func explain(s signal, status int, answer string) verdict {
	answer = strings.ToLower(answer)
	switch {
	case status < http.StatusBadRequest:
		return refusedPage
	case status == http.StatusNotFound, status == http.StatusMethodNotAllowed:
		return refusedPath
	case status == http.StatusForbidden, strings.Contains(answer, "invalid scope requested"):
		return refusedScope(s)
	case strings.Contains(answer, "legacy auth cannot be upgraded because the host is not found"):
		return refusedPairless
	}
	return refusedCredential // the gateway says: invalid authentication credentials
}

// explainWaiting tells why the exporter is going to try again.
func explainWaiting(status int) verdict {
	if status == http.StatusTooManyRequests {
		return throttled
	}
	return unavailable
}

// explainLoss tells why the exporter is going to drop a request.
func explainLoss(status int) verdict {
	switch {
	case status == http.StatusBadRequest:
		return lostBad
	case status == http.StatusRequestEntityTooLarge:
		return lostTooLarge
	case status == http.StatusUnsupportedMediaType:
		return lostMediaType
	case status >= http.StatusInternalServerError:
		return lostServer
	}
	return lostOther
}

// explainRejection tells why points were rejected, from the ids of Mimir's errors and Prometheus's words.
func explainRejection(message string) verdict {
	message = strings.ToLower(message)
	for _, known := range []struct {
		phrase string
		verdict
	}{
		{"max-series", rejectedSeries},
		{"duplicate", rejectedDuplicate},
		{"too-old", rejectedOld},
		{"too old", rejectedOld},
		{"out-of-order", rejectedOld},
		{"out of order", rejectedOld},
		{"too-far-in-future", rejectedFuture},
		{"in the future", rejectedFuture},
	} {
		if strings.Contains(message, known.phrase) {
			return known.verdict
		}
	}
	return rejectedOther
}
