package signature

import (
	"net/http"
	"strings"
	"time"
)

const (
	ultravoxSignature = "X-Ultravox-Webhook-Signature"
	ultravoxTimestamp = "X-Ultravox-Webhook-Timestamp"
	ultravoxWindow    = time.Minute
)

// Ultravox checks X-Ultravox-Webhook-Signature against X-Ultravox-Webhook-Timestamp (ISO 8601): HMAC-SHA256 of the body and
// the timestamp, within one minute. While secrets change, Ultravox signs with each that the webhook has: one match is enough.
func Ultravox(secret string) Verifier {
	return configured(secret, func(header http.Header, body []byte, now time.Time) error {
		signatures, timestamp := header.Values(ultravoxSignature), header.Get(ultravoxTimestamp)
		switch {
		case len(signatures) == 0:
			return absent(ultravoxSignature)
		case timestamp == "":
			return absent(ultravoxTimestamp)
		}
		at, err := isoTime(timestamp)
		if err != nil {
			return problem(ultravoxTimestamp, "must be an ISO 8601 time")
		}
		if !anyEqual(strings.Join(signatures, ","), sign(secret, body, []byte(timestamp))) {
			return problem(ultravoxSignature, "none of its signatures matches: is it another secret, or was the body changed on its way?")
		}
		return recent(ultravoxTimestamp, at, now, ultravoxWindow)
	})
}

// anyEqual compares with all of a list, whichever matches.
func anyEqual(list string, want []byte) bool {
	found := false
	for _, one := range strings.Split(list, ",") {
		if equal(strings.TrimSpace(one), want) {
			found = true
		}
	}
	return found
}

// isoTime takes a time with its zone, or in UTC without one.
func isoTime(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
		return at, nil
	}
	return time.Parse("2006-01-02T15:04:05.999999999", text)
}
