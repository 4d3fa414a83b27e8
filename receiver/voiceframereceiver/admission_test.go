package voiceframereceiver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
)

func TestAdmission(t *testing.T) {
	a := newAdmission(10, 6)
	one, two, other := a.enter("one"), a.enter("one"), a.enter("other")
	require.NoError(t, one.grow(4))
	require.ErrorIs(t, two.grow(3), errOverload, "of one client")
	require.NoError(t, two.grow(2))
	require.ErrorIs(t, other.grow(5), errOverload, "of all")
	require.NoError(t, other.grow(4))
	assert.Equal(t, int64(10), a.inUse())

	one.shrink(1)
	require.NoError(t, two.grow(1))
	one.leave()
	two.leave()
	assert.Equal(t, int64(4), a.inUse())
	assert.Equal(t, map[string]int64{"other": 4}, a.clients, "nothing is remembered of who holds nothing")
	other.leave()
	other.leave()
	assert.Zero(t, a.inUse())
	assert.Empty(t, a.clients)
}

// Small requests are not free: their number is bounded as well, and a larger one pays nothing twice.
func TestAdmissionOfSmallRequests(t *testing.T) {
	a := newAdmission(3*perRequest, 2*perRequest)
	one, two, three := a.enter("one"), a.enter("one"), a.enter("one")
	require.NoError(t, one.prepay())
	require.NoError(t, two.prepay())
	require.ErrorIs(t, three.prepay(), errOverload)
	require.NoError(t, one.grow(1000))
	require.NoError(t, one.grow(perRequest-1000))
	require.ErrorIs(t, one.grow(1), errOverload)
	assert.Equal(t, int64(2*perRequest), a.inUse())
	two.leave()
	require.NoError(t, one.grow(1))
	assert.Equal(t, int64(perRequest+1), a.inUse())
	one.leave()
	three.leave()
	assert.Zero(t, a.inUse())
}

func TestAdmissionOfMany(t *testing.T) {
	a := newAdmission(1000, 100)
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			for n := range int64(200) {
				ticket := a.enter(fmt.Sprint(i % 8))
				if ticket.grow(n) == nil {
					ticket.shrink(n / 2)
				}
				assert.LessOrEqual(t, a.inUse(), int64(1000))
				ticket.leave()
			}
		})
	}
	all.Wait()
	assert.Zero(t, a.inUse())
	assert.Empty(t, a.clients)
}

// Whatever becomes of a request, what it held is given back.
func TestNothingStaysInFlight(t *testing.T) {
	start := `{"type":"StartFrame","call_id":"c1"}`
	for name, test := range map[string]struct {
		body   io.Reader
		header [2]string
		status int
	}{
		"taken":       {strings.NewReader(start), [2]string{}, 200},
		"rejected":    {strings.NewReader("hello"), [2]string{}, 400},
		"empty":       {strings.NewReader(""), [2]string{}, 400},
		"type":        {strings.NewReader(start), [2]string{"Content-Type", "text/html"}, 415},
		"cut off":     {io.MultiReader(strings.NewReader(start), broken{}), [2]string{}, 400},
		"too large":   {strings.NewReader(strings.Repeat(" ", 5<<20)), [2]string{}, 413},
		"bad gzip":    {strings.NewReader(start), [2]string{"Content-Encoding", "gzip"}, 400},
		"the pipe is": {strings.NewReader(`{"type":"StartFrame","call_id":"refused"}`), [2]string{}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, nil)
			if test.status == 503 {
				b.pipeline.Metrics = consumertest.NewErr(errors.New("full"))
			}
			req := httptest.NewRequest(http.MethodPost, "/v1/frames", test.body)
			if test.header[0] != "" {
				req.Header.Set(test.header[0], test.header[1])
			}
			status, answer := b.do(req)
			assert.Equal(t, test.status, status, answer)
			assert.Zero(t, b.inFlight())
			assert.Empty(t, b.admission().clients)
		})
	}
}

// admission is the frames server's. A bench that has been started has one for its own handler before.
func (b *bench) admission() *admission { return b.admissions[len(b.admissions)-1] }

// Requests that wait for a call that another holds are bounded.
func TestRequestsThatWaitForACall(t *testing.T) {
	b := newBench(t, func(c *Config) {
		frames := c.Protocols.Frames.Get()
		frames.ServerConfig.MaxRequestBodySize, frames.MaxInFlightBytes, frames.MaxInFlightBytesPerClient = perRequest, 4*perRequest, 4*perRequest
	})
	tx, err := b.calls.Begin([]call.Key{{ID: "c1"}})
	require.NoError(t, err)
	var waiting sync.WaitGroup
	for i := range 4 {
		waiting.Go(func() {
			status, _ := b.post("/v1/frames/c1", spoken(i))
			assert.Equal(t, http.StatusOK, status)
		})
	}
	require.Eventually(t, func() bool { return b.inFlight() == 4*perRequest }, 5*time.Second, time.Millisecond)
	status, _ := b.post("/v1/frames/c1", spoken(4))
	assert.Equal(t, http.StatusServiceUnavailable, status)
	tx.Rollback()
	waiting.Wait()
	assert.Zero(t, b.inFlight())
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Bytes count as they are read, uncompressed, and by who sends them.
func TestRequestsBeyondWhatMayBeInFlight(t *testing.T) {
	b := newBench(t, func(c *Config) {
		frames := c.Protocols.Frames.Get()
		frames.ServerConfig.MaxRequestBodySize, frames.MaxInFlightBytes, frames.MaxInFlightBytesPerClient = 10_000, 25_000, 12_000
	})
	post := func(client string) (int, string) {
		req := httptest.NewRequest(http.MethodPost, "/v1/frames/"+client[:9], bytes.NewReader([]byte(spoken(0)+strings.Repeat(" ", 6000))))
		req.RemoteAddr = client
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, req)
		return w.Code, w.Header().Get("Retry-After")
	}
	held := b.admission().enter("192.0.2.1")
	require.NoError(t, held.grow(10_000))
	status, retry := post("192.0.2.1:1234")
	assert.Equal(t, http.StatusServiceUnavailable, status, "the client's own share")
	assert.Equal(t, "1", retry)
	status, _ = post("192.0.2.2:1234")
	assert.Equal(t, http.StatusOK, status, "another client's")

	other := b.admission().enter("192.0.2.3")
	require.NoError(t, other.grow(12_000))
	status, _ = post("192.0.2.2:1234")
	assert.Equal(t, http.StatusServiceUnavailable, status, "everybody's")
	other.leave()
	held.leave()
	status, _ = post("192.0.2.1:1234")
	assert.Equal(t, http.StatusOK, status)
	assert.Zero(t, b.inFlight())
}
