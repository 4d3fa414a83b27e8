package voiceframereceiver

import (
	"context"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
)

const (
	framesPath = "/v1/frames"
	streamPath = framesPath + "/ws"
)

// framesHandler answers POST /v1/frames and the WebSocket /v1/frames/ws, each also with /{call_id} behind it.
type framesHandler struct {
	receiver  *voiceReceiver
	config    *FramesConfig
	limits    dialect.Limits
	admission *admission
}

func newFramesHandler(r *voiceReceiver, config *FramesConfig) http.Handler {
	h := &framesHandler{
		receiver: r, config: config, limits: config.limits(),
		admission: r.newAdmission(config.MaxInFlightBytes, config.MaxInFlightBytesPerClient),
	}
	call := "/{" + callIDParam + "}"
	mux := http.NewServeMux()
	mux.HandleFunc(framesPath, r.serve(h.admission, h.post))
	mux.HandleFunc(framesPath+call, r.serve(h.admission, h.post))
	mux.HandleFunc(streamPath, h.stream)
	mux.HandleFunc(streamPath+call, h.stream)
	mux.HandleFunc("/", r.serve(h.admission, nowhere("POST to "+framesPath)))
	return mux
}

// handle answers a request, or refuses it as a whole. What it reads is the ticket's.
type handle func(http.ResponseWriter, *http.Request, *ticket) (*answer, error)

// serve has a request handled, answers it and counts the answer.
func (r *voiceReceiver) serve(admission *admission, handle handle) http.HandlerFunc {
	return func(w http.ResponseWriter, req *http.Request) {
		r.handling.Add(1)
		defer r.handling.Done()
		ticket := admission.enter(clientOf(req))
		defer ticket.leave()
		began := r.clock.Now()
		answer, err := handle(w, req, ticket)
		r.telemetry.answered(req.Context(), writeAnswer(w, err, answer), r.clock.Since(began))
	}
}

func nowhere(instead string) handle {
	return func(http.ResponseWriter, *http.Request, *ticket) (*answer, error) {
		return nil, refusal{http.StatusNotFound, "no such path: " + instead}
	}
}

// post takes a body of frames.
func (h *framesHandler) post(w http.ResponseWriter, req *http.Request, ticket *ticket) (*answer, error) {
	body, from, err := h.receiver.receive(w, req, ticket)
	if err != nil {
		return nil, err
	}
	now := h.receiver.clock.Now()
	in, err := decode(body, h.limits, from, now)
	if err != nil {
		return nil, err
	}
	return h.receiver.take(req.Context(), in, now)
}

// receive checks a request and reads its body.
func (r *voiceReceiver) receive(w http.ResponseWriter, req *http.Request, ticket *ticket) ([]byte, sender, error) {
	if err := check(w, req); err != nil {
		return nil, sender{}, err
	}
	from, err := senderOf(req, &r.config.Tenant)
	if err != nil {
		return nil, sender{}, err
	}
	if err := ticket.prepay(); err != nil {
		return nil, sender{}, err
	}
	body, err := read(req, ticket)
	r.countBytes(req.Context(), len(body))
	return body, from, err
}

func (r *voiceReceiver) countBytes(ctx context.Context, n int) {
	r.telemetry.ReceiverVoiceFrameBytes.Add(ctx, int64(n))
}

// check refuses what is not a POST of JSON.
func check(w http.ResponseWriter, req *http.Request) error {
	if err := onlyMethod(w, req, http.MethodPost); err != nil {
		return err
	}
	contentType := req.Header.Get("Content-Type")
	if contentType == "" || slices.Contains(jsonTypes, contentType) {
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
