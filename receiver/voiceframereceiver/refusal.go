package voiceframereceiver

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/consumer/consumererror"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/denial"
)

// refusal is a request that was not taken: its status and what the sender can do.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

// refusalOf words an error for the sender: whatever is not about the request itself is a pipeline that cannot take it now,
// and senders retry a 503.
func refusalOf(err error) refusal {
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return refused
	case errors.Is(err, call.ErrTooManyInOne):
		return refusal{http.StatusRequestEntityTooLarge, "more calls begin in one body than max_calls lets be open at once: send them in smaller parts, or raise max_calls"}
	case errors.Is(err, call.ErrTooManyCalls):
		return refusal{http.StatusServiceUnavailable, "too many calls are open at once: raise max_calls or send again later"}
	case consumererror.IsPermanent(err):
		return refusal{http.StatusBadRequest, "the pipeline refuses this data for good: " + reasonOf(err)}
	}
	return refusal{http.StatusServiceUnavailable, "the pipeline cannot take more now: send again later"}
}

// reasonOf is what the sender may know of an error: what a component of ours has worded for it. The text of others may hold
// addresses and credentials of backends.
func reasonOf(err error) string {
	var denied denial.Error
	if !errors.As(err, &denied) {
		return "see the collector's log"
	}
	const most = 512
	if len(denied.Reason) <= most {
		return denied.Reason
	}
	return strings.ToValidUTF8(denied.Reason[:most], "") + "..."
}

// retryAfter is the seconds after which an overload is worth another try.
const retryAfter = "1"

func writeAnswer(w http.ResponseWriter, err error, answer *answer) int {
	if err == nil {
		return writeJSON(w, answer.status(), answer.text())
	}
	refused := refusalOf(err)
	if refused.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	return writeJSON(w, refused.status, asJSON(errorBody{refused.reason}))
}

type errorBody struct {
	Error string `json:"error"`
}

// asJSON is a value of which there is always JSON: texts and numbers.
func asJSON(value any) []byte {
	text, _ := json.Marshal(value)
	return text
}

func writeJSON(w http.ResponseWriter, status int, text []byte) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; its request is taken or refused all the same, and it will ask again.
	_, _ = w.Write(append(text, '\n'))
	return status
}

// onlyMethod refuses all other methods.
func onlyMethod(w http.ResponseWriter, req *http.Request, method string) error {
	if req.Method == method {
		return nil
	}
	w.Header().Set("Allow", method)
	return refusal{http.StatusMethodNotAllowed, "only " + method + " is answered here"}
}

// withJSONErrors words the errors of what stands before the handlers (auth, decompression) like ours, and counts them. It
// never repeats the extension's own text, which may hold the credential. Encodings are what the server takes.
func (r *voiceReceiver) withJSONErrors(encodings []string) confighttp.ToServerOption {
	return confighttp.WithErrorHandler(func(w http.ResponseWriter, req *http.Request, _ string, status int) {
		r.telemetry.request(req.Context(), writeAnswer(w, earlyRefusal(req, status, encodings), nil))
	})
}

func earlyRefusal(req *http.Request, status int, encodings []string) refusal {
	encoding := req.Header.Get("Content-Encoding")
	switch {
	case status == http.StatusUnauthorized:
		return refusal{status, "not authorized: check the credentials that the receiver's auth extension asks for"}
	case slices.Contains(encodings, encoding):
		return refusal{status, "the body is not " + encoding + ", as its Content-Encoding says"}
	}
	return refusal{http.StatusUnsupportedMediaType, "Content-Encoding must be " + oneOfEncodings(encodings)}
}

func oneOfEncodings(encodings []string) string {
	named := slices.DeleteFunc(slices.Clone(encodings), func(encoding string) bool { return encoding == "" })
	if len(named) == 0 {
		return "absent here"
	}
	return strings.Join(named, ", ") + " or absent"
}
