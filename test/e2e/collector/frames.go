package collector

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	"github.com/stretchr/testify/require"
)

const framesPort = 4319

// Answer is what the collector says to a POST of frames.
type Answer struct {
	Accepted   int         `json:"accepted"`
	Duplicates int         `json:"duplicates"`
	Ignored    int         `json:"ignored"`
	Rejected   []Rejection `json:"rejected"`
}

// Rejection is a frame that was not taken: its place in the body, and why.
type Rejection struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// PostFrames posts a body of JSON that is plain (encoding "") or compressed. It returns the status and the answer,
// which is empty where the status is neither 200 nor 400.
func (c *Collector) PostFrames(body []byte, encoding string) (int, Answer) {
	c.tb.Helper()
	status, text := c.Post(framesPort, "/v1/frames", body, encoding)
	var answer Answer
	if status == http.StatusOK || status == http.StatusBadRequest {
		require.NoError(c.tb, json.Unmarshal(text, &answer), "%s", text)
	}
	return status, answer
}

// Post posts a body of JSON to a path and returns the status and the answer. The port is the one that the
// configuration names.
func (c *Collector) Post(port int, path string, body []byte, encoding string) (int, []byte) {
	c.tb.Helper()
	request, err := http.NewRequest(http.MethodPost, c.URL(port, path), bytes.NewReader(body))
	require.NoError(c.tb, err)
	request.Header.Set("Content-Type", "application/json")
	if encoding != "" {
		request.Header.Set("Content-Encoding", encoding)
	}
	return c.do(request)
}

// Get returns the page at a path. The port is the one that the configuration names.
func (c *Collector) Get(port int, path string) string {
	c.tb.Helper()
	request, err := http.NewRequest(http.MethodGet, c.URL(port, path), nil)
	require.NoError(c.tb, err)
	status, text := c.do(request)
	require.Equal(c.tb, http.StatusOK, status)
	return string(text)
}

func (c *Collector) do(request *http.Request) (int, []byte) {
	c.tb.Helper()
	response, err := http.DefaultClient.Do(request)
	require.NoError(c.tb, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(c.tb, err)
	return response.StatusCode, text
}
