package voiceframereceiver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
)

const (
	framesPath   = "/v1/frames"
	callIDHeader = "X-Call-Id"
	callIDParam  = "call_id"
	keyHeader    = "Idempotency-Key"
)

// handler answers POST /v1/frames and POST /v1/frames/{call_id}.
type handler struct {
	receiver *voiceReceiver
	limits   dialect.Limits
}

func newHandler(r *voiceReceiver, limits dialect.Limits) http.Handler {
	h := &handler{receiver: r, limits: limits}
	mux := http.NewServeMux()
	mux.HandleFunc(framesPath, h.frames)
	mux.HandleFunc(framesPath+"/{"+callIDParam+"}", h.frames)
	mux.HandleFunc("/", func(w http.ResponseWriter, req *http.Request) {
		h.respond(w, req, refusal{http.StatusNotFound, "no such path: POST to " + framesPath}, nil)
	})
	return mux
}

func (h *handler) frames(w http.ResponseWriter, req *http.Request) {
	h.receiver.handling.Add(1)
	defer h.receiver.handling.Done()
	answer, err := h.handle(req)
	h.respond(w, req, err, answer)
}

// handle returns the answer, or a refusal of the request as a whole.
func (h *handler) handle(req *http.Request) (*answer, error) {
	if err := check(req); err != nil {
		return nil, err
	}
	body, err := read(req)
	if err != nil {
		return nil, err
	}
	now := h.receiver.clock.Now()
	from := sender{callID: callID(req), key: req.Header.Get(keyHeader)}
	intake, err := decode(body, h.limits, from, now)
	if err != nil {
		return nil, err
	}
	return h.receiver.take(req.Context(), intake, now)
}

// check refuses what is not a POST of JSON.
func check(req *http.Request) error {
	if req.Method != http.MethodPost {
		return refusal{http.StatusMethodNotAllowed, "only POST is answered here"}
	}
	contentType := req.Header.Get("Content-Type")
	if contentType == "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err != nil || !isJSON(media) {
		return refusal{
			http.StatusUnsupportedMediaType,
			"send JSON: set the header Content-Type: application/json (or application/x-ndjson)",
		}
	}
	return nil
}

var jsonTypes = []string{"application/json", "application/x-ndjson", "application/ndjson", "application/jsonl"}

func isJSON(media string) bool {
	return slices.Contains(jsonTypes, media) || strings.HasSuffix(media, "+json")
}

// read reads the body, which confighttp has bounded before and after decompression.
func read(req *http.Request) ([]byte, error) {
	body, err := io.ReadAll(req.Body)
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return nil, refusal{
			http.StatusRequestEntityTooLarge,
			fmt.Sprintf("the body is larger than %d bytes (uncompressed): send fewer frames at once", tooLarge.Limit),
		}
	case err != nil:
		return nil, refusal{http.StatusBadRequest, "the body could not be read to its end: it is cut off or not what its encoding says"}
	}
	return body, nil
}

// callID is the call that the transport names, for frames that name none.
func callID(req *http.Request) string {
	if id := req.PathValue(callIDParam); id != "" {
		return id
	}
	if id := req.Header.Get(callIDHeader); id != "" {
		return id
	}
	return req.URL.Query().Get(callIDParam)
}

// refusal is a request that was not taken: its status and what the sender can do.
type refusal struct {
	status int
	reason string
}

func (r refusal) Error() string { return r.reason }

// respond writes the answer and counts it.
func (h *handler) respond(w http.ResponseWriter, req *http.Request, err error, answer *answer) {
	h.receiver.countRequest(req, writeAnswer(w, err, answer))
}

func (r *voiceReceiver) countRequest(req *http.Request, status int) {
	r.telemetry.ReceiverVoiceFrameRequests.Add(req.Context(), 1, metric.WithAttributes(attribute.Int("status_code", status)))
}

func writeAnswer(w http.ResponseWriter, err error, answer *answer) int {
	if err == nil {
		return writeJSON(w, answer.status(), answer)
	}
	refused := refusalOf(err)
	switch refused.status {
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", "1")
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	}
	return writeJSON(w, refused.status, errorBody{refused.reason})
}

type errorBody struct {
	Error string `json:"error"`
}

func writeJSON(w http.ResponseWriter, status int, body any) int {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	// The client may be gone; its request is taken or refused all the same, and it will ask again.
	_ = json.NewEncoder(w).Encode(body)
	return status
}

// withJSONErrors words the errors of what stands before the handler (auth, decompression) like ours, and counts them. It
// never repeats the extension's own text, which may hold the credential.
func (r *voiceReceiver) withJSONErrors() confighttp.ToServerOption {
	return confighttp.WithErrorHandler(func(w http.ResponseWriter, req *http.Request, _ string, status int) {
		r.countRequest(req, writeAnswer(w, earlyRefusal(req, status), nil))
	})
}

func earlyRefusal(req *http.Request, status int) refusal {
	switch {
	case status == http.StatusUnauthorized:
		return refusal{status, "not authorized: check the credentials that the receiver's auth extension asks for"}
	case req.Header.Get("Content-Encoding") == "gzip":
		return refusal{status, "the body is not gzip, as its Content-Encoding says"}
	}
	return refusal{http.StatusUnsupportedMediaType, "Content-Encoding must be gzip or absent"}
}
