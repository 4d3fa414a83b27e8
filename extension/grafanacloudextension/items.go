package grafanacloudextension

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"

	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

const (
	maxRequestBytes = 64 << 20 // uncompressed, of a request whose items are counted
	maxPartialBytes = 64 << 10 // of an accepting answer; the stock exporter reads as much
)

// message is a request or an answer of OTLP.
type message interface {
	UnmarshalProto(data []byte) error
	UnmarshalJSON(data []byte) error
}

// decode reads a message in the encoding that the header names.
func decode(into message, header http.Header, body []byte) error {
	switch mediaType, _, _ := mime.ParseMediaType(header.Get("Content-Type")); mediaType {
	case "application/x-protobuf":
		return into.UnmarshalProto(body)
	case "application/json":
		return into.UnmarshalJSON(body)
	}
	return errors.ErrUnsupported
}

// countItems counts the points, records or spans of a request that has been sent. What cannot be read counts as one item: it
// is lost all the same.
func countItems(req *http.Request, s signal) int64 {
	body, err := sentBody(req)
	if err != nil {
		return 1
	}
	items, err := itemsOf(s, req.Header, body)
	if err != nil {
		return 1
	}
	return int64(items)
}

func itemsOf(s signal, header http.Header, body []byte) (int, error) {
	switch s {
	case metrics:
		sent := pmetricotlp.NewExportRequest()
		err := decode(sent, header, body)
		return sent.Metrics().DataPointCount(), err
	case logs:
		sent := plogotlp.NewExportRequest()
		err := decode(sent, header, body)
		return sent.Logs().LogRecordCount(), err
	case traces:
		sent := ptraceotlp.NewExportRequest()
		err := decode(sent, header, body)
		return sent.Traces().SpanCount(), err
	}
	return 0, errors.ErrUnsupported
}

// sentBody is what a request had as its body, not compressed any more.
func sentBody(req *http.Request) ([]byte, error) {
	if req.GetBody == nil {
		return nil, errors.ErrUnsupported
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	plain := io.Reader(body)
	switch req.Header.Get("Content-Encoding") {
	case "":
	case "gzip":
		if plain, err = gzip.NewReader(body); err != nil {
			return nil, err
		}
	default:
		return nil, errors.ErrUnsupported
	}
	return io.ReadAll(io.LimitReader(plain, maxRequestBytes))
}

// readPartialSuccess returns how many items an accepting answer rejects, and why in its words, which are not for the log. It
// leaves the body to be read again, with the error if reading it has one.
func readPartialSuccess(s signal, resp *http.Response) (rejected int64, why string) {
	if resp.Body == nil || resp.Body == http.NoBody || resp.ContentLength == 0 {
		return 0, ""
	}
	rest := resp.Body
	body, err := io.ReadAll(io.LimitReader(rest, maxPartialBytes))
	again := []io.Reader{bytes.NewReader(body), rest}
	if err != nil {
		again[1] = failing{err}
	}
	resp.Body = readCloser{io.MultiReader(again...), rest}
	rejected, why, err = rejectedBy(s, resp.Header, body)
	if err != nil {
		return 0, ""
	}
	return rejected, why
}

type readCloser struct {
	io.Reader
	io.Closer
}

// failing is the end of a body that could not be read to its end.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func rejectedBy(s signal, header http.Header, body []byte) (int64, string, error) {
	switch s {
	case metrics:
		answer := pmetricotlp.NewExportResponse()
		err := decode(answer, header, body)
		return answer.PartialSuccess().RejectedDataPoints(), answer.PartialSuccess().ErrorMessage(), err
	case logs:
		answer := plogotlp.NewExportResponse()
		err := decode(answer, header, body)
		return answer.PartialSuccess().RejectedLogRecords(), answer.PartialSuccess().ErrorMessage(), err
	case traces:
		answer := ptraceotlp.NewExportResponse()
		err := decode(answer, header, body)
		return answer.PartialSuccess().RejectedSpans(), answer.PartialSuccess().ErrorMessage(), err
	}
	return 0, "", errors.ErrUnsupported
}
