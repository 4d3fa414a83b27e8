package voiceframereceiver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/config/confighttp"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// listening is a bench that listens, on the address that it returns.
func listening(t *testing.T, change func(*Config)) (*bench, string) {
	address := freeAddress(t)
	b := newBench(t, func(c *Config) {
		c.Protocols.Frames.Get().ServerConfig.NetAddr.Endpoint = address
		if change != nil {
			change(c)
		}
	})
	return b, address
}

func started(t *testing.T, change func(*Config)) (*bench, string) {
	b, address := listening(t, change)
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	return b, address
}

// client is a bot at the other end of a WebSocket.
type client struct {
	*websocket.Conn
	t *testing.T
}

func dial(t *testing.T, address, path string) client {
	conn, response, err := websocket.Dial(context.Background(), "ws://"+address+path, nil)
	require.NoError(t, err)
	if response.Body != nil {
		_ = response.Body.Close()
	}
	return clientOn(t, conn)
}

func clientOn(t *testing.T, conn *websocket.Conn) client {
	t.Cleanup(func() { _ = conn.CloseNow() })
	return client{conn, t}
}

func (c client) say(texts ...string) {
	for _, text := range texts {
		require.NoError(c.t, c.Write(context.Background(), websocket.MessageText, []byte(text)))
	}
}

type heard struct {
	answer
	Error      string `json:"error"`
	RetryAfter int    `json:"retry_after"`
	Received   int    `json:"received"`
}

func (c client) hear() (heard, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var h heard
	_, text, err := c.Read(ctx)
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(text, &h)
}

// hearUntil reads answers until they cover n messages, and returns the counts in between.
func (c client) hearUntil(n int) (received []int) {
	for {
		h, err := c.hear()
		require.NoError(c.t, err)
		require.Empty(c.t, h.Error)
		if received = append(received, h.Received); h.Received >= n {
			return received
		}
	}
}

func (c client) hearEnd() websocket.StatusCode {
	_, err := c.hear()
	require.Error(c.t, err)
	return websocket.CloseStatus(err)
}

// gate is a consumer that holds on to what it gets until it is opened.
func gate(t *testing.T, next consumer.Metrics) (metrics consumer.Metrics, arrived <-chan struct{}, open func()) {
	seen, opened := make(chan struct{}, 1000), make(chan struct{})
	metrics, err := consumer.NewMetrics(func(ctx context.Context, m pmetric.Metrics) error {
		seen <- struct{}{}
		<-opened
		return next.ConsumeMetrics(ctx, m)
	})
	require.NoError(t, err)
	return metrics, seen, sync.OnceFunc(func() { close(opened) })
}

func spoken(i int) string {
	return fmt.Sprintf(`{"kind":"tts","characters":1,"timestamp":%d}`, 1764000000+i)
}

func spokenTo(n int) (texts []string) {
	for i := range n {
		texts = append(texts, spoken(i))
	}
	return texts
}

func TestStreamOfFiveLines(t *testing.T) {
	b, address := started(t, nil)
	c := dial(t, address, "/v1/frames/ws")
	for i, line := range strings.Split(strings.TrimSpace(fiveLines(t)), "\n") {
		c.say(line)
		h, err := c.hear()
		require.NoError(t, err)
		assert.Equal(t, heard{answer: answer{Accepted: 1, Rejected: []rejection{}}, Received: i + 1}, h)
	}
	assert.InDeltaMapValues(t, fiveLinesTotals, b.totals(), 1e-9)
	assert.Equal(t, int64(1), b.connections.Load())
	require.NoError(t, c.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool { return b.connections.Load() == 0 && b.inFlight() == 0 }, 5*time.Second, time.Millisecond)
}

// What arrives while a batch is applied is the next batch, as far as one answer goes.
func TestStreamAnswersForWhatHasArrived(t *testing.T) {
	for query, most := range map[string]int{"": 100, "?ack=4": 4, "?ack=1": 1, "?ack=999": 100} {
		t.Run(query, func(t *testing.T) {
			b, address := listening(t, nil)
			metrics, arrived, open := gate(t, b.metrics)
			defer open()
			b.pipeline.Metrics = metrics
			require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
			c := dial(t, address, "/v1/frames/ws/c1"+query)
			texts := spokenTo(60)
			c.say(texts[0])
			<-arrived
			c.say(texts[1:]...)
			if most == 100 {
				all := int64(len(strings.Join(texts, "")))
				require.Eventually(t, func() bool { return b.inFlight() == all }, 5*time.Second, time.Millisecond, "all is read ahead")
			}
			open()
			got := c.hearUntil(60)
			assert.Equal(t, 1, got[0])
			for i := range got[1:] {
				assert.LessOrEqual(t, got[i+1]-got[i], most)
			}
			if most == 100 {
				assert.LessOrEqual(t, len(got), 3, "one answer for all that was there, and perhaps one for the last")
			}
			assert.Equal(t, 60.0, b.totals()["voice.tts.characters.total"])
		})
	}
}

// The index of what is rejected is the message's place on the connection.
func TestStreamOfFaultyMessages(t *testing.T) {
	_, address := started(t, nil)
	c := dial(t, address, "/v1/frames/ws?call_id=c1")
	for i, test := range []struct {
		text string
		want answer
	}{
		{spoken(0), answer{Accepted: 1, Rejected: []rejection{}}},
		{"hello", answer{Rejected: []rejection{{1, "expected a JSON object"}}}},
		{"", answer{Rejected: []rejection{{2, "the message holds no frame"}}}},
		{`[` + spoken(1) + `,{"type":"EndFrame","call_id":3},` + spoken(0) + `]`, answer{
			Accepted: 1, Duplicates: 1, Rejected: []rejection{{3, "call_id: must be a string"}},
		}},
		{`{"type":"HeartbeatFrame"}`, answer{Ignored: 1, Rejected: []rejection{}}},
	} {
		c.say(test.text)
		h, err := c.hear()
		require.NoError(t, err)
		assert.Equal(t, heard{answer: test.want, Received: i + 1}, h)
	}
}

func TestStreamsThatWeEnd(t *testing.T) {
	for name, test := range map[string]struct {
		kind websocket.MessageType
		text string
		want websocket.StatusCode
	}{
		"too large":       {websocket.MessageText, strings.Repeat(" ", 2000), websocket.StatusMessageTooBig},
		"too many frames": {websocket.MessageText, strings.Repeat(spoken(1), 4), websocket.StatusMessageTooBig},
		"binary":          {websocket.MessageBinary, spoken(1), websocket.StatusUnsupportedData},
	} {
		t.Run(name, func(t *testing.T) {
			b, address := started(t, func(c *Config) {
				c.Protocols.Frames.Get().MaxFrames = 3
				c.Protocols.Frames.Get().ServerConfig.MaxRequestBodySize = 1000
			})
			c := dial(t, address, "/v1/frames/ws/c1")
			c.say(spoken(0))
			require.NoError(t, c.Write(context.Background(), test.kind, []byte(test.text)))
			c.hearUntil(1)
			assert.Equal(t, test.want, c.hearEnd())
			assert.Equal(t, 1.0, b.totals()["voice.tts.characters.total"])
			require.Eventually(t, func() bool { return b.inFlight() == 0 }, 5*time.Second, time.Millisecond)
			assert.Equal(t, map[int]int64{int(test.want): 1}, b.counted("websocket_closed", "code"))
		})
	}
}

// counted is a counter of the receiver's own, by an attribute that is a number.
func (b *bench) counted(name, key string) map[int]int64 {
	counts := map[int]int64{}
	got, err := b.telemetry.GetMetric("otelcol_receiver_voice_frame_" + name)
	if err != nil {
		return counts
	}
	for _, point := range got.Data.(metricdata.Sum[int64]).DataPoints {
		value, _ := point.Attributes.Value(attribute.Key(key))
		counts[int(value.AsInt64())] += point.Value
	}
	return counts
}

// An overload ends the connection with the word when to come again; what is sent again then counts once.
func TestStreamDuringAnOverload(t *testing.T) {
	b, address := listening(t, nil)
	var refuse atomic.Pointer[error]
	metrics, err := consumer.NewMetrics(func(ctx context.Context, m pmetric.Metrics) error {
		if err := refuse.Load(); err != nil {
			return *err
		}
		return b.metrics.ConsumeMetrics(ctx, m)
	})
	require.NoError(t, err)
	b.pipeline.Metrics = metrics
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))

	c := dial(t, address, "/v1/frames/ws/c1")
	c.say(spoken(0))
	c.hearUntil(1)
	full := errors.New("queue is full")
	refuse.Store(&full)
	c.say(spoken(1))
	h, err := c.hear()
	require.NoError(t, err)
	assert.Equal(t, heard{Error: "the pipeline cannot take more now: send again later", RetryAfter: 1, Received: 1}, h)
	assert.Equal(t, websocket.StatusTryAgainLater, c.hearEnd())

	refuse.Store(nil)
	c = dial(t, address, "/v1/frames/ws/c1")
	c.say(spokenTo(2)...)
	c.hearUntil(2)
	assert.Equal(t, 2.0, b.totals()["voice.tts.characters.total"])

	// What is refused for good is answered, like a 400, and the connection goes on.
	never := consumererror.NewPermanent(errors.New("no"))
	refuse.Store(&never)
	c.say(spoken(2))
	h, err = c.hear()
	require.NoError(t, err)
	assert.Equal(t, heard{Error: "the pipeline refuses this data for good: see the collector's log", Received: 3}, h)
	refuse.Store(nil)
	c.say(spoken(3))
	c.hearUntil(4)
	require.NoError(t, c.Close(websocket.StatusNormalClosure, ""))
	require.Eventually(t, func() bool { return b.connections.Load() == 0 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, map[int]int64{1013: 1, 1000: 1}, b.counted("websocket_closed", "code"))
	assert.Equal(t, map[int]int64{101: 2, 503: 1, 400: 1}, b.counted("requests", "status_code"))
}

// A bot can close with whatever code it likes: that makes no series.
func TestStreamClosedWithACodeOfTheirs(t *testing.T) {
	b, address := started(t, nil)
	for _, code := range []websocket.StatusCode{4001, 4002} {
		require.NoError(t, dial(t, address, "/v1/frames/ws/c1").Close(code, ""))
	}
	_ = dial(t, address, "/v1/frames/ws/c1").CloseNow()
	require.Eventually(t, func() bool { return b.connections.Load() == 0 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, map[int]int64{1006: 3}, b.counted("websocket_closed", "code"))
}

func TestStreamBeyondWhatMayBeInFlight(t *testing.T) {
	b, address := started(t, nil)
	c := dial(t, address, "/v1/frames/ws/c1")
	c.say(spoken(0))
	c.hearUntil(1)
	require.Eventually(t, func() bool { return b.inFlight() == 0 }, 5*time.Second, time.Millisecond)
	for _, other := range []string{"203.0.113.1", "203.0.113.2", "203.0.113.3", "203.0.113.4"} {
		ticket := b.admission().enter(other)
		defer ticket.leave()
		require.NoError(t, ticket.grow(16<<20))
	}
	c.say(spoken(1))
	h, err := c.hear()
	require.NoError(t, err)
	assert.Equal(t, heard{Error: "too much is being read at once: send again later", RetryAfter: 1, Received: 1}, h)
	assert.Equal(t, websocket.StatusTryAgainLater, c.hearEnd())
	require.Eventually(t, func() bool { return b.inFlight() == 64<<20 }, 5*time.Second, time.Millisecond, "what the test holds")
}

// What may be read ahead is given back: a long talk is more than one body may have.
func TestStreamOfMoreThanABody(t *testing.T) {
	b, address := started(t, func(c *Config) { c.Protocols.Frames.Get().ServerConfig.MaxRequestBodySize = 10_000 })
	c := dial(t, address, "/v1/frames/ws/c1")
	for i := range 10 {
		c.say(spoken(i) + strings.Repeat(" ", 6000))
		c.hearUntil(i + 1)
	}
	assert.Equal(t, 10.0, b.totals()["voice.tts.characters.total"])
}

// On a connection nothing is the first of a body, so that Idempotency-Key would make all messages one.
func TestStreamWithAnIdempotencyKey(t *testing.T) {
	b, address := started(t, nil)
	header := http.Header{"Idempotency-Key": {"batch-1"}}
	for range 2 {
		conn, _, err := websocket.Dial(context.Background(), "ws://"+address+"/v1/frames/ws/c1", &websocket.DialOptions{HTTPHeader: header})
		require.NoError(t, err)
		c := clientOn(t, conn)
		c.say(`{"kind":"tts","characters":5}`, `{"kind":"tts","characters":5}`)
		c.hearUntil(2)
	}
	assert.Equal(t, 20.0, b.totals()["voice.tts.characters.total"])
}

// A shutdown that is out of time cuts connections off: no server of the library's knows them.
func TestStreamAtAShutdownOutOfTime(t *testing.T) {
	b, address := listening(t, nil)
	metrics, arrived, open := gate(t, b.metrics)
	defer open()
	b.pipeline.Metrics = metrics
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	c := dial(t, address, "/v1/frames/ws/c1")
	c.say(spoken(0))
	<-arrived
	expired, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, b.Shutdown(expired), context.Canceled)
	_, err := c.hear()
	require.Error(t, err)
	assert.NotErrorIs(t, err, context.DeadlineExceeded, "it was cut, not forgotten")
	open()
	b.handling.Wait()
	b.running.Wait()
	b.stopErr = nil
}

// A bot that says its last words and hangs up without waiting is heard.
func TestStreamOfABotThatDoesNotWait(t *testing.T) {
	b, address := started(t, nil)
	c := dial(t, address, "/v1/frames/ws/c1")
	c.say(spokenTo(50)...)
	_ = c.Close(websocket.StatusNormalClosure, "")
	require.Eventually(t, func() bool { return b.connections.Load() == 0 }, 5*time.Second, time.Millisecond)
	assert.Equal(t, 50.0, b.totals()["voice.tts.characters.total"])
}

func TestUpgradesThatAreRefused(t *testing.T) {
	b, address := started(t, func(c *Config) {
		frames := c.Protocols.Frames.Get()
		frames.WebSocket.MaxConnections = 1
		frames.ServerConfig.CORS = configoptional.Some(confighttp.CORSConfig{AllowedOrigins: []string{"https://*.example.com"}})
	})
	upgrade := map[string]string{
		"Connection": "keep-alive, Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
	}
	for name, test := range map[string]struct {
		method, path string
		change       map[string]string
		status       int
		reason       string
	}{
		"POST":         {"POST", "/v1/frames/ws", nil, 405, "only GET"},
		"no upgrade":   {"GET", "/v1/frames/ws", map[string]string{"Upgrade": ""}, 426, "POST to /v1/frames"},
		"origin":       {"GET", "/v1/frames/ws", map[string]string{"Origin": "https://example.net"}, 403, "cors::allowed_origins"},
		"dialect":      {"GET", "/v1/frames/ws?dialect=klingon", nil, 400, "?dialect=: must be one of [voice pipecat"},
		"ack of none":  {"GET", "/v1/frames/ws?ack=0", nil, 400, "from 1 to 100"},
		"ack of words": {"GET", "/v1/frames/ws?ack=few", nil, 400, "from 1 to 100"},
		"version":      {"GET", "/v1/frames/ws", map[string]string{"Sec-WebSocket-Version": "8"}, 400, "version"},
		"deeper path":  {"GET", "/v1/frames/ws/a/b", nil, 404, "POST to /v1/frames"},
	} {
		t.Run(name, func(t *testing.T) {
			req := httptest.NewRequest(test.method, test.path, nil)
			for key, value := range upgrade {
				req.Header.Set(key, value)
			}
			for key, value := range test.change {
				req.Header.Set(key, value)
			}
			status, answer := b.do(req)
			assert.Equal(t, test.status, status)
			assert.Contains(t, answer, test.reason)
		})
	}
	header := http.Header{"Origin": {"https://app.example.com"}}
	conn, _, err := websocket.Dial(context.Background(), "ws://"+address+"/v1/frames/ws", &websocket.DialOptions{HTTPHeader: header})
	require.NoError(t, err)
	defer func() { _ = conn.CloseNow() }()
	_, response, err := websocket.Dial(context.Background(), "ws://"+address+"/v1/frames/ws", nil)
	require.Error(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, response.StatusCode)
	assert.Equal(t, "1", response.Header.Get("Retry-After"))
}

func TestAllowedOrigin(t *testing.T) {
	for _, test := range []struct {
		origin  string
		allowed []string
		want    bool
	}{
		{"", nil, true},
		{"http://collector:4319", nil, true},
		{"http://COLLECTOR:4319", nil, true},
		{"http://collector", nil, false},
		{"https://app.example.com", nil, false},
		{"https://app.example.com", []string{"https://app.example.com"}, true},
		{"https://app.example.com", []string{"https://*.example.com"}, true},
		{"https://app.example.com.evil.net", []string{"https://*.example.com"}, false},
		{"http://app.example.com", []string{"https://*.example.com"}, false},
		{"http://app.example.com", []string{"*"}, true},
		{"https://xx", []string{"https://x*xx"}, false},
		{"null", nil, false},
	} {
		req := httptest.NewRequest(http.MethodGet, "http://collector:4319/v1/frames/ws", nil)
		if test.origin != "" {
			req.Header.Set("Origin", test.origin)
		}
		assert.Equal(t, test.want, allowedOrigin(req, test.allowed), "%s %v", test.origin, test.allowed)
	}
}

// Who does not answer a ping until the next is cut off.
func TestStreamOfAPeerThatIsGone(t *testing.T) {
	b, address := started(t, nil)
	dial(t, address, "/v1/frames/ws/c1") // never reads, so it never answers
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, b.clock.BlockUntilContext(ctx, 2), "housekeeping and the stream")
	b.clock.Advance(30 * time.Second)
	require.NoError(t, b.clock.BlockUntilContext(ctx, 3), "and the ping")
	assert.Equal(t, int64(1), b.connections.Load())
	b.clock.Advance(30 * time.Second)
	require.Eventually(t, func() bool { return b.connections.Load() == 0 }, 10*time.Second, time.Millisecond)
}

// A message that never ends is cut off, though its sender answers pings, and gives back what it held.
func TestStreamOfAMessageThatDoesNotEnd(t *testing.T) {
	b, address := started(t, nil)
	c := dial(t, address, "/v1/frames/ws/c1")
	ended := make(chan error, 1)
	go func() {
		_, _, err := c.Read(context.Background())
		ended <- err
	}()
	w, err := c.Writer(context.Background(), websocket.MessageText)
	require.NoError(t, err)
	_, err = w.Write([]byte(strings.Repeat(" ", 64<<10)))
	require.NoError(t, err)
	require.Eventually(t, func() bool { return b.inFlight() > 0 }, 10*time.Second, time.Millisecond)
	b.clock.Advance(30*time.Second - 1)
	assert.Equal(t, int64(1), b.connections.Load())
	b.clock.Advance(1)
	require.Eventually(t, func() bool { return b.connections.Load() == 0 }, 10*time.Second, time.Millisecond)
	require.Error(t, <-ended)
	assert.Zero(t, b.inFlight())
}

func TestStreamOfAPeerThatIsThere(t *testing.T) {
	b, address := started(t, nil)
	var pings atomic.Int64
	conn, _, err := websocket.Dial(context.Background(), "ws://"+address+"/v1/frames/ws/c1", &websocket.DialOptions{
		OnPingReceived: func(context.Context, []byte) bool { return pings.Add(1) > 0 },
	})
	require.NoError(t, err)
	c := clientOn(t, conn)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	require.NoError(t, b.clock.BlockUntilContext(ctx, 2), "housekeeping and the stream")
	said := 0
	exchange := func() {
		c.say(spoken(said))
		said++
		c.hearUntil(said)
	}
	for round := range int64(5) {
		for range 3 { // in steps below the time-out of what is just being answered
			b.clock.Advance(10 * time.Second)
			exchange()
			exchange()
		}
		for pings.Load() == round {
			exchange()
		}
		exchange() // what is answered was said after the pong
	}
	assert.Equal(t, int64(1), b.connections.Load())
}

// At a shutdown, what was read is applied and answered, and the other side is told to go.
func TestStreamAtShutdown(t *testing.T) {
	b, address := listening(t, nil)
	metrics, arrived, open := gate(t, b.metrics)
	defer open()
	b.pipeline.Metrics = metrics
	require.NoError(t, b.Start(context.Background(), componenttest.NewNopHost()))
	c := dial(t, address, "/v1/frames/ws/c1")
	texts := spokenTo(10)
	c.say(texts[0])
	<-arrived
	c.say(texts[1:]...)
	all := int64(len(strings.Join(texts, "")))
	require.Eventually(t, func() bool { return b.inFlight() == all }, 5*time.Second, time.Millisecond)
	stopped := make(chan error)
	go func() { stopped <- b.Shutdown(context.Background()) }()
	<-b.draining
	open()
	last := 0
	for {
		h, err := c.hear()
		if err != nil {
			assert.Equal(t, websocket.StatusGoingAway, websocket.CloseStatus(err))
			break
		}
		last = h.Received
	}
	require.NoError(t, <-stopped)
	assert.GreaterOrEqual(t, last, 9, "the last may have been on its way from one goroutine to the other")
	assert.Equal(t, float64(last), b.totals()["voice.tts.characters.total"])
}

// 64 sockets and a shutdown in their midst: what was acknowledged is in the sink, and nothing is there twice.
func TestConcurrentStreamsAndShutdown(t *testing.T) {
	b, address := started(t, nil)
	var acknowledged [64]int
	var total atomic.Int64
	enough := make(chan struct{})
	once := sync.OnceFunc(func() { close(enough) })
	var bots sync.WaitGroup
	for bot := range acknowledged {
		c := dial(t, address, fmt.Sprintf("/v1/frames/ws/call-%d?ack=10", bot))
		window := make(chan struct{}, 30) // said and not acknowledged
		bots.Go(func() {
			for i := 0; ; i++ {
				window <- struct{}{}
				if c.Write(context.Background(), websocket.MessageText, []byte(spoken(i))) != nil {
					return
				}
			}
		})
		bots.Go(func() {
			defer func() { // nobody waits for the window any more
				for {
					select {
					case <-window:
					default:
						return
					}
				}
			}()
			for {
				h, err := c.hear()
				if err != nil {
					return
				}
				for range h.Received - acknowledged[bot] {
					<-window
				}
				if total.Add(int64(h.Received-acknowledged[bot])) > 3000 {
					once()
				}
				acknowledged[bot] = h.Received
			}
		})
	}
	<-enough
	require.NoError(t, b.Shutdown(context.Background()))
	bots.Wait()
	seen := b.timesSeen()
	for bot, n := range acknowledged {
		call := fmt.Sprintf("call-%d", bot)
		for i := range n {
			if times := seen[call][int64(1764000000+i)]; times != 1 {
				t.Errorf("message %d of %s is there %d times", i, call, times)
			}
		}
	}
	for call, moments := range seen {
		for at, times := range moments {
			if times != 1 {
				t.Errorf("%s at %d is there %d times", call, at, times)
			}
		}
	}
	assert.Zero(t, b.inFlight())
	assert.Zero(t, b.connections.Load())
}

// timesSeen is how often what was spoken in a call at a moment is in the sink.
func (b *bench) timesSeen() map[string]map[int64]int {
	seen := map[string]map[int64]int{}
	for _, metrics := range b.metrics.AllMetrics() {
		for _, metric := range metrics.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().All() {
			if metric.Name() != "voice.tts.characters.total" {
				continue
			}
			for _, point := range metric.Sum().DataPoints().All() {
				call, _ := point.Attributes().Get("call_id")
				if seen[call.Str()] == nil {
					seen[call.Str()] = map[int64]int{}
				}
				seen[call.Str()][point.Timestamp().AsTime().Unix()]++
			}
		}
	}
	return seen
}
