package voiceframereceiver

import (
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
	"github.com/otelcol-voice/otelcol-voice/receiver/voiceframereceiver/internal/signature"
)

const webhooksPath = "/v1/webhooks/"

// hook takes the posts of one platform.
type hook struct {
	receiver *voiceReceiver
	platform string
	decode   func([]byte) ([]frame.Frame, error)
	verify   signature.Verifier // nil: there is no secret
	required bool               // refuse what cannot be verified
	told     sync.Map           // kinds of what was wrong with posts that the log has a warning of
}

// newWebhooksHandler fails where a secret is configured that nothing here can check.
func newWebhooksHandler(r *voiceReceiver, config *WebhooksConfig) (http.Handler, error) {
	admission := r.newAdmission(config.MaxInFlightBytes, config.MaxInFlightBytes)
	secrets := config.secrets()
	mux := http.NewServeMux()
	for name, platform := range r.platforms {
		h := &hook{receiver: r, platform: name, decode: platform.decode, required: config.RequireSignatures}
		if secret := secrets[name]; secret != "" {
			if platform.verifier == nil {
				return nil, fmt.Errorf("protocols::webhooks::%s::secret: signatures of this platform cannot be checked", name)
			}
			h.verify = platform.verifier(secret)
		}
		mux.HandleFunc(webhooksPath+name, r.serve(admission, h.handle))
	}
	mux.HandleFunc("/", r.serve(admission, nowhere("POST to "+webhooksPath+"{vapi, retell, elevenlabs or ultravox}")))
	return mux, nil
}

// handle takes a post and counts what became of it.
func (h *hook) handle(w http.ResponseWriter, req *http.Request, ticket *ticket) (*answer, error) {
	answer, err := h.post(w, req, ticket)
	h.receiver.telemetry.webhook(req.Context(), h.platform, fate(answer, err))
	return answer, err
}

// fate is what became of a post, as the platform sees it by the status.
func fate(answer *answer, err error) string {
	switch {
	case err == nil && answer.Accepted+answer.Duplicates > 0:
		return accepted
	case err == nil && answer.Ignored > 0:
		return ignored
	case err == nil:
		return rejected
	}
	switch refusalOf(err).status {
	case http.StatusUnauthorized:
		return "unauthorized"
	case http.StatusServiceUnavailable:
		return "refused"
	}
	return rejected
}

func (h *hook) post(w http.ResponseWriter, req *http.Request, ticket *ticket) (*answer, error) {
	body, from, err := h.receiver.receive(w, req, ticket)
	if err != nil {
		return nil, err
	}
	now := h.receiver.clock.Now()
	if err := h.authenticate(req.Header, body, now); err != nil {
		return nil, err
	}
	in := h.read(body, from, now)
	if in.data > defaultMaxFrames {
		return nil, tooMany(defaultMaxFrames)
	}
	return h.receiver.take(req.Context(), in, now)
}

// authenticate checks that the platform sent the body. Who it was instead is not told what was wrong; the log is.
func (h *hook) authenticate(header http.Header, body []byte, now time.Time) error {
	if h.verify == nil {
		if !h.required {
			return nil
		}
		return h.unauthorized("no secret", errNoSecret, "no secret is configured for "+h.platform)
	}
	if err := h.verify(header, body, now); err != nil {
		return h.unauthorized(signature.Kind(err), err, "the signature or secret is missing or wrong")
	}
	return nil
}

var errNoSecret = errors.New("require_signatures is on, and no secret is configured for this platform")

// unauthorized refuses a post. Each is in the log for who looks closely, and each kind once for everybody: on a network,
// anybody can make as many as they like.
func (h *hook) unauthorized(kind string, err error, reason string) error {
	logger := h.receiver.settings.Logger.With(zap.String("platform", h.platform), zap.Error(err))
	logger.Debug("A post is not authorized")
	if _, known := h.told.LoadOrStore(kind, true); !known {
		logger.Warn("Posts of a platform are not authorized; each kind is said once, receiver_voice_frame_webhooks counts all")
	}
	return refusal{http.StatusUnauthorized, "not authorized: " + reason}
}

// read turns a post into frames that are ready to be applied.
func (h *hook) read(body []byte, from sender, now time.Time) intake {
	var in intake
	as := dialect.Name(h.platform)
	frames, err := h.decode(body)
	if err != nil {
		in.decoded(0, as, frame.Frame{}, err, from, now)
	}
	for i, f := range frames {
		in.decoded(i, as, f, nil, from, now)
	}
	return in
}
