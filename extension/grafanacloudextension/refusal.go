package grafanacloudextension

import (
	"net/http"
	"strings"
)

// refusal explains an answer that the stock exporter takes as a reason to drop data for good, although nothing is wrong
// with the data. Its texts are constants: what the gateway writes may repeat what was sent to it.
type refusal struct {
	meaning string
	remedy  string
}

const applyEnvironment = "; then restart otelcol-voice, or send it SIGHUP if it reads the file with --config dotenv:.env"

var (
	refusedPairless = refusal{
		meaning: "the credential has no instance id in front of its token",
		remedy:  "put Authorization=Basic <base64 of INSTANCE_ID:TOKEN> into OTEL_EXPORTER_OTLP_HEADERS; " + remake + applyEnvironment,
	}
	refusedCredential = refusal{
		meaning: "the instance id or the token is wrong, the token was revoked or has expired, or the endpoint is in another zone than they are",
		remedy: "compare zone, instance id and token with those of your stack (OpenTelemetry > Configure in Grafana Cloud) and mend " +
			"the URL in OTEL_EXPORTER_OTLP_ENDPOINT or the base64 in OTEL_EXPORTER_OTLP_HEADERS; " + remake + applyEnvironment,
	}
	refusedScope = refusal{
		meaning: "the token is known but lacks the scope for this signal",
		remedy: "give the token's access policy the scopes metrics:write and logs:write (and traces:write, if you send traces); " +
			"no restart is needed unless you make a new token",
	}
	refusedPath = refusal{
		meaning: "nothing takes OTLP at this path",
		remedy: "OTEL_EXPORTER_OTLP_ENDPOINT must end in /otlp, since the exporter itself adds /v1/metrics or /v1/logs" +
			applyEnvironment,
	}
)

func isRefusal(status int) bool {
	return status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusNotFound
}

// explain tells the meaning of a refusal from its status and, where one status has several, from the phrases by which
// Grafana Cloud's gateway tells them apart.
func explain(status int, answer string) refusal {
	answer = strings.ToLower(answer)
	switch {
	case status == http.StatusNotFound:
		return refusedPath
	case status == http.StatusForbidden, strings.Contains(answer, "invalid scope requested"):
		return refusedScope
	case strings.Contains(answer, "legacy auth cannot be upgraded because the host is not found"):
		return refusedPairless
	}
	return refusedCredential // the gateway says: invalid authentication credentials
}
