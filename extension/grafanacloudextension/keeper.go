package grafanacloudextension

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync/atomic"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.uber.org/zap"

	"github.com/otelcol-voice/otelcol-voice/extension/grafanacloudextension/internal/metadata"
)

const (
	retryAfterSeconds = "30"
	maxAnswerBytes    = 4 << 10 // of a refusal, in which to look for the gateway's phrases
)

// keeper hands refusals on as 503 with Retry-After: for a 401, 403 or 404 the stock exporter drops data for good, for a
// 503 it keeps the data and sends it again. It is safe for concurrent use.
type keeper struct {
	base      http.RoundTripper
	logger    *zap.Logger
	telemetry *metadata.TelemetryBuilder

	// refused is the status of the last refusal, 0 before the first one and after a success. Who changes it logs.
	refused atomic.Int64
}

// RoundTrip sends the request. Every answer that is no refusal is handed on untouched.
func (k *keeper) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := k.base.RoundTrip(req)
	switch {
	case err != nil:
		return resp, err
	case isRefusal(resp.StatusCode):
		return k.keep(req, resp), nil
	case resp.StatusCode >= 200 && resp.StatusCode <= 299:
		k.noteSuccess(req)
	}
	return resp, nil
}

func (k *keeper) keep(req *http.Request, resp *http.Response) *http.Response {
	status := resp.StatusCode
	why := explain(status, readAnswer(resp.Body))
	k.telemetry.ExtensionGrafanaCloudRefusals.Add(req.Context(), 1,
		metric.WithAttributeSet(attribute.NewSet(attribute.Int("status_code", status))))
	k.noteRefusal(req, status, why)
	return unavailable(req, resp, fmt.Sprintf("the gateway answered %d: %s. Remedy: %s", status, why.meaning, why.remedy))
}

// noteRefusal logs when refusals begin and when their status becomes another.
func (k *keeper) noteRefusal(req *http.Request, status int, why refusal) {
	if k.refused.Swap(int64(status)) == int64(status) {
		return
	}
	k.logger.Error("The gateway refuses data. It is kept and sent again for as long as the exporter's retry_on_failure and queue allow",
		zap.Int("status_code", status), zap.String("meaning", why.meaning), zap.String("remedy", why.remedy),
		zap.String("host", req.URL.Host), zap.String("path", req.URL.Path))
}

// noteSuccess logs when refusals are over.
func (k *keeper) noteSuccess(req *http.Request) {
	if k.refused.Swap(0) == 0 {
		return
	}
	k.logger.Info("The gateway accepts data again. What was kept is being sent",
		zap.String("host", req.URL.Host), zap.String("path", req.URL.Path))
}

// readAnswer returns the beginning of a body and closes it. An error while reading only makes the answer shorter.
func readAnswer(body io.ReadCloser) string {
	defer body.Close()
	answer, _ := io.ReadAll(io.LimitReader(body, maxAnswerBytes))
	return string(answer)
}

// unavailable makes the answer that stands in for a refusal. It takes over neither body nor header, which may repeat
// the credential.
func unavailable(req *http.Request, refused *http.Response, message string) *http.Response {
	body := encodeStatus(message)
	return &http.Response{
		Status:     strconv.Itoa(http.StatusServiceUnavailable) + " " + http.StatusText(http.StatusServiceUnavailable),
		StatusCode: http.StatusServiceUnavailable,
		Proto:      refused.Proto,
		ProtoMajor: refused.ProtoMajor,
		ProtoMinor: refused.ProtoMinor,
		Header: http.Header{
			"Content-Type": {"application/x-protobuf"},
			"Retry-After":  {retryAfterSeconds},
		},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
		TLS:           refused.TLS,
	}
}

// encodeStatus encodes a google.rpc.Status that has a message only: field 2, of bytes with their length. OTLP answers
// errors with it, and the stock exporter shows no other body in its log.
func encodeStatus(message string) []byte {
	encoded := binary.AppendUvarint([]byte{2<<3 | 2}, uint64(len(message)))
	return append(encoded, message...)
}
