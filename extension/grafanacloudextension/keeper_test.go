package grafanacloudextension

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
)

// The phrases are those of Grafana Cloud's gateway.
func TestExplain(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		answer string
		want   verdict
	}{
		"no instance id": {401, `{"status":"error","error":"authentication error: legacy auth cannot be upgraded because the host is not found"}`, refusedPairless},
		"wrong token":    {401, `{"status":"error","error":"authentication error: invalid authentication credentials"}`, refusedCredential},
		"no words":       {401, "", refusedCredential},
		"other words":    {401, "<html>Unauthorized</html>", refusedCredential},
		"scope, 401":     {401, "authentication error: Invalid scope requested", refusedScope(metrics)},
		"scope, 403":     {403, "authentication error: invalid scope requested", refusedScope(metrics)},
		"403":            {403, "", refusedScope(metrics)},
		"404":            {404, "404 page not found", refusedPath},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, tt.want, explain(metrics, tt.status, tt.answer))
		})
	}
}

func TestRefusalIsHandedOnAsUnavailable(t *testing.T) {
	for name, tt := range map[string]struct {
		status int
		answer string
		want   verdict
	}{
		"no instance id": {401, "legacy auth cannot be upgraded because the host is not found", refusedPairless},
		"wrong token":    {401, "invalid authentication credentials", refusedCredential},
		"scope":          {403, "invalid scope requested", refusedScope(metrics)},
		"path":           {404, "404 page not found", refusedPath},
		"method":         {405, "", refusedPath},
		"to a login":     {302, "", refusedPage},
	} {
		t.Run(name, func(t *testing.T) {
			g := startGateway(t)
			g.answerWith(tt.status, tt.answer)
			resp := g.post(t)

			assert.Equal(t, 503, resp.StatusCode)
			assert.Equal(t, "503 Service Unavailable", resp.Status)
			assert.Equal(t, http.Header{"Content-Type": {"application/x-protobuf"}, "Retry-After": {"30"}}, resp.Header)
			assert.Equal(t, fmt.Sprintf("the gateway answered %d: %s. Remedy: %s", tt.status, tt.want.meaning, remedy(tt.want)), statusMessage(t, resp))
			g.assertHeld(t, map[string]int64{strconv.Itoa(tt.status): 1})

			require.Equal(t, 1, g.logs.Len())
			entry := g.logs.All()[0]
			assert.Equal(t, zap.ErrorLevel, entry.Level)
			assert.Equal(t, lineRefused, entry.Message)
			assert.Empty(t, entry.Stack)
			assert.Equal(t, map[string]any{
				"status_code": int64(tt.status), "meaning": tt.want.meaning, "remedy": remedy(tt.want),
				"host": strings.TrimPrefix(g.url, "http://"), "path": "/otlp/v1/metrics",
			}, entry.ContextMap())
		})
	}
}

func TestOtherAnswersAreHandedOnUntouched(t *testing.T) {
	for _, status := range []int{200, 204, 304, 307, 308, 400, 406, 413, 415, 429, 500, 502, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			want := &http.Response{StatusCode: status, Body: http.NoBody}
			tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) { return want, nil })
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
			require.NoError(t, err)
			got, err := tripper.RoundTrip(req)
			require.NoError(t, err)
			require.NoError(t, got.Body.Close())
			assert.Same(t, want, got)
			assert.Equal(t, &http.Response{StatusCode: status, Body: http.NoBody}, got)
		})
	}
}

// A page would be taken for a success, by the exporter, which reads nothing but the status.
func TestPageIsNoSuccess(t *testing.T) {
	g := startGateway(t)
	g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}))
	resp := g.post(t)
	assert.Equal(t, 503, resp.StatusCode)
	assert.Contains(t, statusMessage(t, resp), refusedPage.meaning)
	g.assertHeld(t, map[string]int64{"200": 1})
	assert.Equal(t, []string{"error 200 " + lineRefused}, g.lines())
}

func TestRefusalsAreLoggedWhenTheyBeginAndEnd(t *testing.T) {
	g := startGateway(t)
	for _, status := range []int{200, 401, 401, 429, 503, 401, 404, 404, 200, 200, 403, 200} {
		g.answerWith(status, "")
		g.post(t)
	}
	assert.Equal(t, []string{
		"error 401 " + lineRefused, "error 404 " + lineRefused, "info <nil> " + lineAgain,
		"error 403 " + lineRefused, "info <nil> " + lineAgain,
	}, g.lines())
	g.assertHeld(t, map[string]int64{"401": 3, "403": 1, "404": 2})
}

// One signal may be refused while another is accepted: the scopes of a token are one for each.
func TestEachExporterHasItsOwnRefusals(t *testing.T) {
	g := startGateway(t)
	other := clientOf(t, g.url, g.ext)
	for range 3 {
		g.answerWith(http.StatusForbidden, "")
		g.post(t)
		g.answerWith(http.StatusOK, "")
		resp, err := other.Post(g.url+"/otlp/v1/logs", "", http.NoBody)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
	}
	assert.Equal(t, []string{"error 403 " + lineRefused}, g.lines())
	g.assertHeld(t, map[string]int64{"403": 3})
}

func TestConcurrentRefusalsAreLoggedOnce(t *testing.T) {
	g := startGateway(t)
	for _, status := range []int{401, 200} {
		g.answerWith(status, "")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 20 {
					g.post(t)
				}
			})
		}
		wg.Wait()
	}
	assert.Equal(t, []string{"error 401 " + lineRefused, "info <nil> " + lineAgain}, g.lines())
	g.assertHeld(t, map[string]int64{"401": 160})
}

// A gateway that repeats in its answer whatever it was sent is as bad as it gets.
func TestRefusalShowsNoSecret(t *testing.T) {
	for _, status := range []int{401, 403, 404} {
		g := startGateway(t)
		g.handler.Store(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			sent := req.Header.Get("Authorization")
			w.Header().Set("X-Sent", sent)
			w.WriteHeader(status)
			fmt.Fprintf(w, "invalid authentication credentials %s %s", sent, testPair)
		}))
		resp := g.post(t)
		assertNoSecret(t, statusMessage(t, resp))
		assertNoSecret(t, fmt.Sprint(resp.Header, resp.Request.Header))
		require.Equal(t, 1, g.logs.Len())
		line, err := json.Marshal(g.logs.All()[0].ContextMap())
		require.NoError(t, err)
		assertNoSecret(t, string(line))
	}
}

func TestBodyOfRefusalIsClosedAndItsReadingLimited(t *testing.T) {
	body := &endlessBody{}
	tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: body}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(t, err)
	resp, err := tripper.RoundTrip(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Equal(t, maxAnswerBytes, body.read)
	assert.True(t, body.closed)
}

func TestRefusalWithBrokenBodyIsStillKept(t *testing.T) {
	tripper := newTripper(t, "Authorization=Basic YTpi", func(*http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: http.StatusUnauthorized, Body: brokenBody{}}, nil
	})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, testEndpoint, http.NoBody)
	require.NoError(t, err)
	resp, err := tripper.RoundTrip(req)
	require.NoError(t, err)
	assert.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	assert.Contains(t, statusMessage(t, resp), refusedCredential.meaning)
}

func remedy(v verdict) string { return newStanding(nil, applyEnvironment).remedy(v) }

// statusMessage decodes a google.rpc.Status that has field 2 alone.
func statusMessage(t *testing.T, resp *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	assert.Equal(t, resp.ContentLength, int64(len(body)))
	require.NotEmpty(t, body)
	require.Equal(t, byte(0x12), body[0])
	size, n := binary.Uvarint(body[1:])
	require.Positive(t, n)
	message := string(body[1+n:])
	require.Len(t, message, int(size))
	return message
}

type endlessBody struct {
	read   int
	closed bool
}

func (b *endlessBody) Read(p []byte) (int, error) {
	b.read += len(p)
	return len(p), nil
}

func (b *endlessBody) Close() error {
	b.closed = true
	return nil
}

type brokenBody struct{}

func (brokenBody) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (brokenBody) Close() error { return nil }
