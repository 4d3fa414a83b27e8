package grafanacloudextension

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

const (
	retryAfterSeconds = "30"
	maxAnswerBytes    = 4 << 10 // of a refusal, in which to look for the gateway's phrases
)

// keeper sees every answer to one signal of one exporter, and loses nothing silently. A 401, 403, 404 or 405, or a page, it hands on
// as 503 with Retry-After: for the former the stock exporter drops data for good, for a 503 it keeps the data and sends it again. What
// the exporter drops all the same, and what the gateway takes out of an accepted request, it counts. It is safe for concurrent
// use.
type keeper struct {
	base      http.RoundTripper
	standing  *standing
	telemetry *telemetry
}

// RoundTrip sends the request. Every answer that is no refusal is handed on with what it had.
func (k *keeper) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := k.base.RoundTrip(req)
	s := signalOf(req.URL.Path)
	if err != nil {
		k.noteNoAnswer(req, s, err)
		return resp, err
	}
	k.telemetry.requested(req.Context(), s, strconv.Itoa(resp.StatusCode))
	switch status := resp.StatusCode; {
	case isRefusal(status), isElsewhere(resp):
		return k.keep(req, s, resp), nil
	case isSuccess(status):
		k.noteSuccess(req, s)
		k.countRejected(req, s, resp)
	case isRetried(status):
		k.noteWaiting(req, s, explainWaiting(status), zap.Int("status_code", status), zap.String("retry_after", seconds(resp)))
	case !isFollowed(resp):
		k.noteLoss(req, s, status)
	}
	return resp, nil
}

// noteNoAnswer tells nothing of a request that its sender has given up, as at a stop.
func (k *keeper) noteNoAnswer(req *http.Request, s signal, err error) {
	if wasGivenUp(req) {
		return
	}
	k.telemetry.requested(req.Context(), s, noAnswer)
	k.noteWaiting(req, s, explainNetwork(err))
}

func (k *keeper) noteWaiting(req *http.Request, s signal, why verdict, fields ...zap.Field) {
	k.telemetry.waits(k, s)
	k.standing.fails(k, trouble{verdict: why, line: lineWaiting}, append(fields, where(req)...)...)
}

func (k *keeper) noteSuccess(req *http.Request, s signal) {
	k.telemetry.goesOn(k, s)
	k.standing.succeeds(k, s, where(req)...)
}

// noteLoss counts what the exporter is going to drop.
func (k *keeper) noteLoss(req *http.Request, s signal, status int) {
	k.telemetry.goesOn(k, s)
	items := countItems(req, s)
	k.telemetry.dropped(req.Context(), s, status, items)
	fields := append(where(req), zap.Int("status_code", status), zap.Int64("items", items))
	k.standing.loses(lineLost, zapcore.ErrorLevel, s, explainLoss(status), fields...)
}

// countRejected counts what the gateway has taken out of a request that it accepted.
func (k *keeper) countRejected(req *http.Request, s signal, resp *http.Response) {
	rejected, message := readPartialSuccess(s, resp)
	if rejected <= 0 {
		return
	}
	k.telemetry.rejected(req.Context(), s, rejected)
	fields := append(where(req), zap.Int64("items", rejected))
	k.standing.loses(linePartial, zapcore.WarnLevel, s, explainRejection(message), fields...)
}

func (k *keeper) keep(req *http.Request, s signal, resp *http.Response) *http.Response {
	status := resp.StatusCode
	why := explain(s, status, readAnswer(resp.Body))
	k.telemetry.held(req.Context(), s, status, 1)
	k.telemetry.waits(k, s)
	fields := append([]zap.Field{zap.Int("status_code", status)}, where(req)...)
	k.standing.fails(k, trouble{verdict: why, line: lineRefused, lasting: true}, fields...)
	return unavailableAnswer(req, resp, fmt.Sprintf("the gateway answered %d: %s. Remedy: %s", status, why.meaning, k.standing.remedy(why)))
}

// where is the address of a request. Its query stays out.
func where(req *http.Request) []zap.Field {
	return []zap.Field{zap.String("host", req.URL.Host), zap.String("path", req.URL.Path)}
}

// wasGivenUp reports whether the sender itself has ended the request.
func wasGivenUp(req *http.Request) bool { return errors.Is(req.Context().Err(), context.Canceled) }

// seconds is the Retry-After of an answer if it is a number, else "".
func seconds(resp *http.Response) string {
	value := resp.Header.Get("Retry-After")
	if !isNumber(value) {
		return ""
	}
	return value
}

// readAnswer returns the beginning of a body and closes it. An error while reading only makes the answer shorter.
func readAnswer(body io.ReadCloser) string {
	defer body.Close()
	answer, _ := io.ReadAll(io.LimitReader(body, maxAnswerBytes))
	return string(answer)
}

// unavailableAnswer makes the answer that stands in for a refusal. It takes over neither body nor header, which may repeat
// the credential.
func unavailableAnswer(req *http.Request, refused *http.Response, message string) *http.Response {
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
