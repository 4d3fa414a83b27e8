// Package signature checks that a webhook comes from the platform that it says.
package signature

import (
	"net/http"
	"time"
)

// Verifier checks a request's headers and raw body against a secret, in constant time. The error says what is wrong and
// holds neither secret nor signature.
type Verifier func(header http.Header, body []byte, now time.Time) error
