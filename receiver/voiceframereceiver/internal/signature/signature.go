// Package signature checks that a webhook comes from the platform that it says.
package signature

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Verifier checks a request's headers and raw body against a secret, in constant time. The error says what is wrong and
// holds neither secret nor signature.
type Verifier func(header http.Header, body []byte, now time.Time) error

// Kinds of what can be wrong; whatever is neither is a wrong secret or signature.
var (
	ErrMissing = errors.New("missing")
	ErrStale   = errors.New("signed at another time")
)

// Kind is what is wrong, in one word for whoever says it only once.
func Kind(err error) string {
	switch {
	case errors.Is(err, ErrMissing):
		return "missing"
	case errors.Is(err, ErrStale):
		return "stale"
	}
	return "wrong"
}

// problem is what is wrong with a header.
func problem(header, what string) error { return fmt.Errorf("header %s: %s", header, what) }

func absent(header string) error { return fmt.Errorf("header %s: %w", header, ErrMissing) }

// mismatch is what can be wrong with any header that is there.
const mismatch = "does not match: is it another secret, or was the body changed on its way?"

// stale words ErrStale.
type stale struct{ error }

func (stale) Unwrap() error { return ErrStale }

// sign is the HMAC-SHA256 of parts as one message, in lower-case hexadecimal digits: the platforms sign so, and no other
// writing of the same digest is taken.
func sign(secret string, parts ...[]byte) []byte {
	mac := hmac.New(sha256.New, []byte(secret))
	for _, part := range parts {
		_, _ = mac.Write(part)
	}
	return hex.AppendEncode(nil, mac.Sum(nil))
}

// equal compares in a time that says nothing about either, their lengths included.
func equal(got string, want []byte) bool {
	a, b := sha256.Sum256([]byte(got)), sha256.Sum256(want)
	return hmac.Equal(a[:], b[:])
}

// configured makes a verifier that has a secret. Without one it refuses everything, for anybody can sign with none.
func configured(secret string, verify Verifier) Verifier {
	if secret != "" {
		return verify
	}
	return func(http.Header, []byte, time.Time) error {
		return fmt.Errorf("no secret is configured to check this request with")
	}
}

// recent refuses what was signed longer ago, or further ahead, than a window: it may be a request of somebody who listened.
func recent(header string, at, now time.Time, window time.Duration) error {
	switch {
	case now.Sub(at) > window:
		return stale{problem(header, fmt.Sprintf("signed more than %v ago: is this a repeat, or a clock that is wrong?", window))}
	case at.Sub(now) > window:
		return stale{problem(header, fmt.Sprintf("signed more than %v ahead of this clock: is one of both wrong?", window))}
	}
	return nil
}

// unix reads a whole number of Unix seconds or milliseconds, of digits alone. Numbers above 1e11 can only be milliseconds.
func unix(text string) (time.Time, bool) {
	n, err := strconv.ParseUint(text, 10, 63)
	switch {
	case err != nil:
		return time.Time{}, false
	case n > 1e11:
		return time.UnixMilli(int64(n)), true
	}
	return time.Unix(int64(n), 0), true
}
