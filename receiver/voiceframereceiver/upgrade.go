package voiceframereceiver

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/coder/websocket"
	"golang.org/x/net/http/httpguts"
)

const ackParam = "ack"

var errConnections = refusal{
	http.StatusServiceUnavailable, "too many connections are open: raise websocket::max_connections or try again later",
}

// stream makes a connection of a request and serves it to its end.
func (h *framesHandler) stream(w http.ResponseWriter, req *http.Request) {
	r := h.receiver
	r.handling.Add(1)
	defer r.handling.Done()
	defer r.connections.Add(-1)
	if r.connections.Add(1) > int64(h.config.WebSocket.MaxConnections) {
		r.telemetry.request(req.Context(), writeAnswer(w, errConnections, nil))
		return
	}
	s, err := h.newStream(w, req)
	if err != nil {
		r.telemetry.request(req.Context(), writeAnswer(w, err, nil))
		return
	}
	if err := s.accept(w, req); err != nil {
		r.telemetry.request(req.Context(), http.StatusBadRequest)
		return
	}
	r.telemetry.request(req.Context(), http.StatusSwitchingProtocols)
	s.run(req.Context())
}

// newStream checks a request to upgrade.
func (h *framesHandler) newStream(w http.ResponseWriter, req *http.Request) (*stream, error) {
	if err := onlyMethod(w, req, http.MethodGet); err != nil {
		return nil, err
	}
	if !asksForUpgrade(req) {
		w.Header().Set("Connection", "Upgrade")
		w.Header().Set("Upgrade", "websocket")
		return nil, refusal{http.StatusUpgradeRequired, "this is a WebSocket: for one request, POST to " + framesPath}
	}
	if !allowedOrigin(req, h.config.allowedOrigins()) {
		return nil, refusal{http.StatusForbidden, "this page may not connect: add its origin to cors::allowed_origins"}
	}
	from, err := senderOf(req, &h.receiver.config.Tenant)
	if err != nil {
		return nil, err
	}
	from.key = "" // what is first on this connection is not what is first on the next
	every, err := acks(req, h.config.WebSocket.AckEvery)
	if err != nil {
		return nil, err
	}
	return newStream(h, from, every, clientOf(req)), nil
}

func asksForUpgrade(req *http.Request) bool {
	return httpguts.HeaderValuesContainsToken(req.Header["Connection"], "upgrade") &&
		httpguts.HeaderValuesContainsToken(req.Header["Upgrade"], "websocket")
}

// acks is how often the request wants an answer, as far as it may.
func acks(req *http.Request, most int) (int, error) {
	asked := req.URL.Query().Get(ackParam)
	if asked == "" {
		return most, nil
	}
	every, err := strconv.Atoi(asked)
	if err != nil || every < 1 {
		return 0, refusal{http.StatusBadRequest, fmt.Sprintf("?%s=: must be a number of messages, from 1 to %d", ackParam, most)}
	}
	return min(every, most), nil
}

// allowedOrigin says whether a request may come from where it does. Browsers connect for any page without asking first, so
// that CORS alone keeps no page away; bots send no Origin.
func allowedOrigin(req *http.Request, allowed []string) bool {
	origin := strings.ToLower(req.Header.Get("Origin"))
	if origin == "" {
		return true
	}
	if page, err := url.Parse(origin); err == nil && page.Host == strings.ToLower(req.Host) {
		return true
	}
	for _, pattern := range allowed {
		if matches(strings.ToLower(pattern), origin) {
			return true
		}
	}
	return false
}

// matches compares as CORS does: one * stands for anything.
func matches(pattern, origin string) bool {
	before, after, wild := strings.Cut(pattern, "*")
	if !wild {
		return pattern == origin
	}
	return len(origin) >= len(before)+len(after) && strings.HasPrefix(origin, before) && strings.HasSuffix(origin, after)
}

// accept turns the request into the connection. Where it fails, it has answered.
func (s *stream) accept(w http.ResponseWriter, req *http.Request) error {
	keeping := &hijacked{ResponseWriter: w}
	conn, err := websocket.Accept(keeping, req, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // of the origin, which is checked above
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return err
	}
	conn.SetReadLimit(-1) // next has its own, which lets what came before be answered
	s.conn, s.socket = conn, keeping.conn
	return nil
}

// hijacked keeps the connection that is taken from the server.
type hijacked struct {
	http.ResponseWriter
	conn net.Conn
}

func (h *hijacked) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffered, err := http.NewResponseController(h.ResponseWriter).Hijack()
	h.conn = conn
	return conn, buffered, err
}
