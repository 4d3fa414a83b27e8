package voiceframereceiver

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
)

// FuzzHandler posts any body in any encoding: whatever it is, the answer is one of the documented ones.
func FuzzHandler(f *testing.F) {
	f.Add([]byte(fiveLines(f)), "application/x-ndjson", "")
	f.Add([]byte(`[{"type":"EndFrame","call_id":"c"}]`), "application/json", "gzip")
	f.Add([]byte("\x1f\x8b\x08"), "", "gzip")
	b := newBench(f, nil)
	documented := map[int]bool{200: true, 400: true, 413: true, 415: true, 503: true}
	f.Fuzz(func(t *testing.T, body []byte, contentType, encoding string) {
		req := httptest.NewRequest(http.MethodPost, "/v1/frames/c1", bytes.NewReader(body))
		req.Header.Set("Content-Type", contentType)
		req.Header.Set("Content-Encoding", encoding)
		status, answer := b.do(req)
		require.True(t, documented[status], "%d %s", status, answer)
		require.Zero(t, b.inFlight())
		b.metrics.Reset()
		b.logs.Reset()
	})
}
