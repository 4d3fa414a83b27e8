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

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
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
				b.pipeline.metrics = consumertest.NewErr(errors.New("full"))
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

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// Bytes count as they are read, uncompressed, and by who sends them.
func TestRequestsBeyondWhatMayBeInFlight(t *testing.T) {
	b := newBench(t, func(c *Config) {
		frames := c.Protocols.Frames.Get()
		frames.ServerConfig.MaxRequestBodySize, frames.MaxInFlightBytes, frames.MaxInFlightBytesPerClient = 1000, 2500, 1200
	})
	post := func(client string) (int, string) {
		req := httptest.NewRequest(http.MethodPost, "/v1/frames/"+client[:9], bytes.NewReader([]byte(spoken(0)+strings.Repeat(" ", 600))))
		req.RemoteAddr = client
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, req)
		return w.Code, w.Header().Get("Retry-After")
	}
	held := b.admission().enter("192.0.2.1")
	require.NoError(t, held.grow(1000))
	status, retry := post("192.0.2.1:1234")
	assert.Equal(t, http.StatusServiceUnavailable, status, "the client's own share")
	assert.Equal(t, "1", retry)
	status, _ = post("192.0.2.2:1234")
	assert.Equal(t, http.StatusOK, status, "another client's")

	other := b.admission().enter("192.0.2.3")
	require.NoError(t, other.grow(1200))
	status, _ = post("192.0.2.2:1234")
	assert.Equal(t, http.StatusServiceUnavailable, status, "everybody's")
	other.leave()
	held.leave()
	status, _ = post("192.0.2.1:1234")
	assert.Equal(t, http.StatusOK, status)
	assert.Zero(t, b.inFlight())
}
