package signature

import (
	"net/http"
	"strings"
	"time"
)

const (
	retellSignature = "X-Retell-Signature"
	retellWindow    = 5 * time.Minute
)

// Retell checks X-Retell-Signature, "v=<Unix milliseconds>,d=<digest>": HMAC-SHA256 of the body and the timestamp, within
// five minutes, with an API key that Retell marks for webhooks.
func Retell(apiKey string) Verifier {
	return configured(apiKey, func(header http.Header, body []byte, now time.Time) error {
		got := header.Get(retellSignature)
		if got == "" {
			return absent(retellSignature)
		}
		timestamp, digest, ok := strings.Cut(got, ",d=")
		timestamp, dated := strings.CutPrefix(timestamp, "v=")
		at, isTime := unix(timestamp)
		if !ok || !dated || !isTime {
			return problem(retellSignature, "must be v=<Unix milliseconds>,d=<hexadecimal digest>")
		}
		if err := matches(retellSignature, digest, sign(apiKey, body, []byte(timestamp))); err != nil {
			return err
		}
		return recent(retellSignature, at, now, retellWindow)
	})
}
