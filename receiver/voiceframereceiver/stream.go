package voiceframereceiver

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"
	"github.com/jonboulle/clockwork"
	"golang.org/x/sync/semaphore"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// stream is a WebSocket: frames in each text, and an answer for all that has arrived meanwhile. One goroutine reads ahead,
// another applies what was read, in one transaction.
//
// A message has been taken when an answer's received covers it. What a broken connection left unanswered is sent again on
// the next one; frames with an identity are harmless duplicates then.
type stream struct {
	handler  *framesHandler
	conn     *websocket.Conn
	socket   net.Conn // below conn
	from     sender
	ackEvery int
	ticket   *ticket
	incoming chan message
	ahead    *semaphore.Weighted // bytes that are read and not applied: no more than a body may have
	received int                 // messages that were answered
}

// message is a text, or why there will be no more.
type message struct {
	text []byte
	err  error
}

// closing is why we end a connection.
type closing struct {
	code   websocket.StatusCode
	reason string
}

func (c closing) Error() string { return c.reason }

var (
	goingAway = closing{websocket.StatusGoingAway, "the collector is stopping: send what was not acknowledged again"}
	notText   = closing{websocket.StatusUnsupportedData, "send JSON in text messages"}
)

// readAhead is how many messages are read and wait to be applied; how many bytes, ahead bounds.
const readAhead = 64

func newStream(h *framesHandler, from sender, ackEvery int, client string) *stream {
	return &stream{
		handler: h, from: from, ackEvery: ackEvery,
		ticket:   h.admission.enter(client),
		incoming: make(chan message, readAhead),
		ahead:    semaphore.NewWeighted(h.config.ServerConfig.MaxRequestBodySize),
	}
}

// run serves the connection to its end. When ctx ends, it is cut off.
func (s *stream) run(ctx context.Context) {
	defer s.ticket.leave()
	ctx, cancel := context.WithCancel(ctx)
	defer context.AfterFunc(ctx, s.cut)()
	var beside sync.WaitGroup
	defer beside.Wait()
	defer cancel()
	beside.Go(func() { s.read(ctx) })
	beside.Go(func() { s.keepAlive(ctx) })
	s.end(ctx, s.serve(ctx))
}

// cut ends the connection below the library, which may be waiting for the rest of a message without a time-out.
func (s *stream) cut() { _ = s.socket.Close() }

// read hands over what arrives until there is no more, or until no more is wanted.
func (s *stream) read(ctx context.Context) {
	defer close(s.incoming)
	for {
		text, err := s.listen(ctx)
		select {
		case <-s.handler.receiver.draining:
			return
		case <-ctx.Done():
			return
		case s.incoming <- message{text, err}:
		}
		if err != nil {
			return
		}
	}
}

// listen reads one text, and waits while too much that was read before it is not applied.
func (s *stream) listen(ctx context.Context) ([]byte, error) {
	text, err := s.next(ctx)
	if err != nil {
		return nil, err
	}
	return text, s.ahead.Acquire(ctx, int64(len(text)))
}

// next reads one text. One that has begun holds room in flight, so it has no longer to be complete than a request has.
func (s *stream) next(ctx context.Context) ([]byte, error) {
	kind, reader, err := s.conn.Reader(ctx)
	switch {
	case err != nil:
		return nil, err
	case kind != websocket.MessageText:
		return nil, notText
	}
	defer s.hurry()()
	most := s.handler.config.ServerConfig.MaxRequestBodySize
	var text bytes.Buffer
	_, err = text.ReadFrom(metered{io.LimitReader(reader, most+1), s.ticket})
	var refused refusal
	switch {
	case errors.As(err, &refused):
		return nil, closing{websocket.StatusTryAgainLater, refused.reason}
	case err != nil:
		return nil, err
	case int64(text.Len()) > most:
		return nil, closing{websocket.StatusMessageTooBig, "the message is larger than max_request_body_size"}
	}
	return text.Bytes(), nil
}

// hurry cuts the connection after the read time-out (none: never), unless done is called before. The library answers pings
// between the fragments of a message, so that those who send one for ever are there, and no ping finds them out.
func (s *stream) hurry() (done func()) {
	limit := s.handler.config.ServerConfig.ReadTimeout
	if limit <= 0 {
		return func() {}
	}
	timeout := s.clock().AfterFunc(limit, s.cut)
	return func() { timeout.Stop() }
}

// serve applies what is read until the connection ends, and says why it does.
func (s *stream) serve(ctx context.Context) error {
	for {
		first, open := s.first()
		switch {
		case !open && ctx.Err() != nil:
			return ctx.Err() // cut off
		case !open:
			return goingAway
		}
		if err := s.round(ctx, first); err != nil {
			return err
		}
	}
}

// first waits for a message. When the receiver stops, it takes only what has been read already.
func (s *stream) first() (m message, open bool) {
	select {
	case m, open = <-s.incoming:
		return m, open
	case <-s.handler.receiver.draining:
	}
	select {
	case m, open = <-s.incoming:
		return m, open
	default:
		return message{}, false
	}
}

// round applies a message with those that have arrived behind it, and answers them.
func (s *stream) round(ctx context.Context, first message) error {
	now := s.handler.receiver.clock.Now()
	b := s.gather(first, now)
	if b.messages == 0 {
		return b.end
	}
	if err := s.apply(ctx, &b, now); err != nil {
		return err
	}
	s.ticket.shrink(b.bytes)
	s.ahead.Release(b.bytes)
	return b.end
}

// batch is messages that are applied together.
type batch struct {
	intake   intake
	messages int
	bytes    int64
	end      error // why there is no message behind them
}

// gather takes what is there and waits for no more.
func (s *stream) gather(next message, now time.Time) (b batch) {
	for open := true; open; {
		if b.end = s.collect(&b, next, now); b.end != nil || b.messages == s.ackEvery || b.intake.data >= s.handler.limits.Messages {
			return b
		}
		select {
		case next, open = <-s.incoming:
		default:
			return b
		}
	}
	return b
}

// collect adds a message. Its frames have the message's place on the connection.
func (s *stream) collect(b *batch, m message, now time.Time) error {
	if m.err != nil {
		return m.err
	}
	in, err := decode(m.text, s.handler.limits, s.from, now)
	switch {
	case err != nil && refusalOf(err).status == http.StatusRequestEntityTooLarge:
		return closing{websocket.StatusMessageTooBig, err.Error()}
	case err != nil:
		in = intake{}
		in.reject(0, dialect.Unknown, frame.Faultf(frame.NotJSON, "", "the message holds no frame"))
	}
	b.intake.join(in, s.received+b.messages)
	b.messages++
	b.bytes += int64(len(m.text))
	return nil
}

// streamAnswer is the answer to the messages since the last one.
type streamAnswer struct {
	*answer
	Received int `json:"received"`
}

// streamError is told where messages are not taken: now, if there is a time after which to send them again, or for good.
type streamError struct {
	Error      string `json:"error"`
	RetryAfter int    `json:"retry_after,omitempty"`
	Received   int    `json:"received"`
}

// apply hands a batch on and answers. An overload ends the connection, so that the sender slows down. An answer that finds
// nobody does not: the bot may have hung up after its last words, and what was read of them is still to be applied.
func (s *stream) apply(ctx context.Context, b *batch, now time.Time) error {
	r := s.handler.receiver
	r.countBytes(ctx, int(b.bytes))
	answer, err := r.take(ctx, b.intake, now)
	if err == nil {
		s.received += b.messages
		_ = s.write(ctx, streamAnswer{answer, s.received})
		return nil
	}
	refused := refusalOf(err)
	if refused.status == http.StatusServiceUnavailable {
		return closing{websocket.StatusTryAgainLater, refused.reason}
	}
	r.telemetry.request(ctx, refused.status)
	s.received += b.messages
	_ = s.write(ctx, streamError{Error: refused.reason, Received: s.received})
	return nil
}

// end says why, where it is us who end the connection, and waits a little for the other side to agree.
func (s *stream) end(ctx context.Context, err error) {
	var why closing
	telemetry := s.handler.receiver.telemetry
	if !errors.As(err, &why) {
		telemetry.closed(ctx, theirs(err))
		_ = s.conn.CloseNow() // it is gone
		return
	}
	telemetry.closed(ctx, why.code)
	if why.code == websocket.StatusTryAgainLater {
		telemetry.request(ctx, http.StatusServiceUnavailable)
		_ = s.write(ctx, streamError{Error: why.reason, RetryAfter: 1, Received: s.received})
	}
	patience := s.clock().AfterFunc(farewell, s.cut)
	defer patience.Stop()
	_ = s.conn.Close(why.code, why.reason)
}

// theirs is the code with which the other side closed: a bot can make up thousands.
func theirs(err error) websocket.StatusCode {
	switch code := websocket.CloseStatus(err); code {
	case websocket.StatusNormalClosure, websocket.StatusGoingAway:
		return code
	}
	return websocket.StatusAbnormalClosure
}

// farewell is how long the other side has to answer that the connection closes.
const farewell = 2 * time.Second

// keepAlive asks the other side whether it is there. Half-open connections would hold their place for ever.
func (s *stream) keepAlive(ctx context.Context) {
	ticker := s.clock().NewTicker(s.interval())
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.Chan():
		}
		if s.within(ctx, s.conn.Ping) != nil {
			s.cut()
			return
		}
	}
}

func (s *stream) write(ctx context.Context, body any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return s.within(ctx, func(ctx context.Context) error { return s.conn.Write(ctx, websocket.MessageText, text) })
}

// within gives the other side as long as there is between two pings.
func (s *stream) within(ctx context.Context, do func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timeout := s.clock().AfterFunc(s.interval(), cancel)
	defer timeout.Stop()
	return do(ctx)
}

func (s *stream) clock() clockwork.Clock { return s.handler.receiver.clock }

func (s *stream) interval() time.Duration { return s.handler.config.WebSocket.PingInterval }
