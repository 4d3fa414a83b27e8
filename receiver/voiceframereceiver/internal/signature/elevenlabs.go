package signature

import (
	"net/http"
	"strings"
	"time"
)

const (
	elevenLabsSignature = "ElevenLabs-Signature"
	elevenLabsWindow    = 30 * time.Minute
)

// ElevenLabs checks ElevenLabs-Signature, "t=<Unix seconds>,v0=<digest>": HMAC-SHA256 of "<timestamp>.<body>", within thirty
// minutes, with the secret that ElevenLabs shows when the webhook is made.
func ElevenLabs(secret string) Verifier {
	return configured(secret, func(header http.Header, body []byte, now time.Time) error {
		got := header.Get(elevenLabsSignature)
		if got == "" {
			return absent(elevenLabsSignature)
		}
		timestamp, digest := elevenLabsParts(got)
		at, isTime := unix(timestamp)
		if digest == "" || !isTime {
			return problem(elevenLabsSignature, "must be t=<Unix seconds>,v0=<hexadecimal digest>")
		}
		if err := matches(elevenLabsSignature, digest, sign(secret, []byte(timestamp), []byte("."), body)); err != nil {
			return err
		}
		return recent(elevenLabsSignature, at, now, elevenLabsWindow)
	})
}

// elevenLabsParts leaves room for signatures of other versions beside v0.
func elevenLabsParts(header string) (timestamp, digest string) {
	for _, part := range strings.Split(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			timestamp = value
		case "v0":
			digest = value
		}
	}
	return timestamp, digest
}
