package e2e

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/test/e2e/backend"
	"github.com/otelcol-voice/otelcol-voice/test/e2e/collector"
)

const (
	mebi = 1 << 20
	gibi = 1 << 30
)

// Bodies that are too large, or become so when they are unzipped, are refused without being held in memory.
func TestMemoryIsBounded(t *testing.T) {
	b := backend.Start(t)
	c := collector.Start(t, collector.Settings{Config: cloudConfig, Env: b.Env(), Overlay: quick})
	post(t, c, []byte(fiveLines), "", 5) // what the first request needs is not growth
	before := c.PeakRSS()

	bodies := []struct {
		name, encoding string
		body           []byte
	}{
		{"a bomb of zeros", "gzip", bomb(t, 0, gibi)},
		{"a bomb of brackets", "gzip", bomb(t, '[', gibi)},
		{"a bomb of spaces", "gzip", bomb(t, ' ', gibi)},
		{"5 MiB", "", bytes.Repeat([]byte{' '}, 5*mebi)},
		{"5 MiB, compressed", "gzip", bomb(t, ' ', 5*mebi)},
	}
	for range 3 {
		for _, test := range bodies {
			status, _ := c.Post(4319, "/v1/frames", test.body, test.encoding)
			assert.Equal(t, http.StatusRequestEntityTooLarge, status, test.name)
		}
	}
	growth := c.PeakRSS() - before
	assert.Less(t, growth, int64(64*mebi), "bytes of growth")
	t.Logf("resident memory: %d MiB at most before, %d MiB more after %d bodies", before/mebi, growth/mebi, 3*len(bodies))

	// Bodies within the size that claim as much as they can: data in one frame, frames that are never closed.
	for _, body := range []string{
		`{"type":"MetricsFrame","call_id":"c","data":[{}` + strings.Repeat(",{}", 4*mebi/3-100) + "]}",
		strings.Repeat("{\"\\\n", 9999) + strings.Repeat("a", 4*mebi-50_000),
		strings.Repeat(`{"type":"MetricsFrame","call_id":"c","data":[`+strings.Repeat("1,", 999)+"1]}\n", 2000),
	} {
		status, answer := c.Post(4319, "/v1/frames", zip(t, []byte(body)), "gzip")
		assert.Contains(t, []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge}, status)
		assert.Less(t, len(answer), 100_000)
	}
	growth = c.PeakRSS() - before
	assert.Less(t, growth, int64(256*mebi), "bytes of growth")
	t.Logf("%d MiB more after bodies that claim much", growth/mebi)

	status, answer := c.PostFrames([]byte(fiveLines), "")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, 5, answer.Duplicates)
	c.Stop()
}

// bomb is one repeated byte, compressed. It is made of members that each hold a part: unzipping gives them as one, and
// making it takes no time.
func bomb(t *testing.T, filler byte, size int) []byte {
	t.Helper()
	var part bytes.Buffer
	w, err := gzip.NewWriterLevel(&part, gzip.BestCompression)
	require.NoError(t, err)
	_, err = w.Write(bytes.Repeat([]byte{filler}, mebi))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return bytes.Repeat(part.Bytes(), size/mebi)
}
