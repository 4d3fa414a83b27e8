package signature

import (
	"fmt"
	"net/http"
	"time"
)

// The headers of Vapi. Their names are the customer's choice: the first is what Vapi sends for a server with a secret, and what
// a bearer credential can be told to send; the others are a credential of type HMAC, over the body alone or, as Vapi proposes
// it, over a timestamp and the body.
const (
	vapiSecret    = "X-Vapi-Secret"
	vapiSignature = "X-Vapi-Signature"
	vapiDated     = "X-Signature"
	vapiTimestamp = "X-Timestamp"
)

// vapiWindow is ours: Vapi proposes none.
const vapiWindow = 5 * time.Minute

// Vapi checks that a request has the secret itself (X-Vapi-Secret), or a signature with it: HMAC-SHA256 of the body
// (X-Vapi-Signature), or of "<timestamp>.<body>" (X-Signature and X-Timestamp) within five minutes.
func Vapi(secret string) Verifier {
	return configured(secret, func(header http.Header, body []byte, now time.Time) error {
		if got := header.Get(vapiSecret); got != "" {
			return matches(vapiSecret, got, []byte(secret))
		}
		if got := header.Get(vapiSignature); got != "" {
			return matches(vapiSignature, got, sign(secret, body))
		}
		return verifyDated(header, body, secret, now)
	})
}

func matches(header, got string, want []byte) error {
	if !equal(got, want) {
		return problem(header, mismatch)
	}
	return nil
}

func verifyDated(header http.Header, body []byte, secret string, now time.Time) error {
	got, timestamp := header.Get(vapiDated), header.Get(vapiTimestamp)
	if got == "" {
		return fmt.Errorf("%w, and so are %s and %s", absent(vapiSecret), vapiSignature, vapiDated)
	}
	if timestamp == "" {
		return absent(vapiTimestamp)
	}
	at, ok := unix(timestamp)
	if !ok {
		return problem(vapiTimestamp, "must be Unix seconds or milliseconds")
	}
	if err := matches(vapiDated, got, sign(secret, []byte(timestamp), []byte("."), body)); err != nil {
		return err
	}
	return recent(vapiTimestamp, at, now, vapiWindow)
}
