package backend

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
)

// Request is one request as it came and how it was answered. Of the three signals, the one of the path is set.
type Request struct {
	Path    string
	Header  http.Header
	Metrics pmetric.Metrics
	Logs    plog.Logs
	Traces  ptrace.Traces
	Status  int
	// At is when it was answered.
	At time.Time
	// Failed says that a fault answered it: nothing of it was taken, whatever the status.
	Failed bool
	// Answer is the body of an answer that is not 2xx.
	Answer string
}

// Items is how many points, records or spans the request holds.
func (r Request) Items() int {
	switch r.Path {
	case "/otlp/v1/metrics":
		return r.Metrics.DataPointCount()
	case "/otlp/v1/logs":
		return r.Logs.LogRecordCount()
	}
	return r.Traces.SpanCount()
}

// Fault is how the backend answers instead of taking what it gets.
type Fault struct {
	Status int
	// RetryAfter is sent in whole seconds unless zero.
	RetryAfter time.Duration
	Message    string
	// Times is how many requests fail; zero means all until Heal.
	Times int
	// Filled spares requests without an item in them, as a preflight's.
	Filled bool
	// Partial makes the answer one of partial success that rejects all of the request, with Message; Status is 200 then.
	Partial bool
}

// Fail makes requests fail from now on.
func (b *Backend) Fail(fault Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = &fault
}

// Heal ends what Fail began.
func (b *Backend) Heal() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.fault = nil
}

// Requests is everything that was asked of the backend so far, in the order of the answers.
func (b *Backend) Requests() []Request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]Request(nil), b.requests...)
}

// Metrics is the content of every metrics request that was taken, in their order.
func (b *Backend) Metrics() []pmetric.Metrics {
	return taken(b, "/otlp/v1/metrics", func(r Request) pmetric.Metrics { return r.Metrics })
}

// Logs is the content of every logs request that was taken, in their order.
func (b *Backend) Logs() []plog.Logs {
	return taken(b, "/otlp/v1/logs", func(r Request) plog.Logs { return r.Logs })
}

// Traces is the content of every traces request that was taken, in their order.
func (b *Backend) Traces() []ptrace.Traces {
	return taken(b, "/otlp/v1/traces", func(r Request) ptrace.Traces { return r.Traces })
}

func taken[T any](b *Backend, path string, content func(Request) T) []T {
	var all []T
	for _, request := range b.Requests() {
		if request.Path == path && request.Status == http.StatusOK && !request.Failed {
			all = append(all, content(request))
		}
	}
	return all
}

// decoder reads the body of one signal into the request.
type decoder func(r *Request, body []byte, isJSON bool) error

// routes serves the gateway's three paths; any other is 404, as there.
func (b *Backend) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /otlp/v1/metrics", b.endpoint(decodeMetrics, b.ingest))
	mux.Handle("POST /otlp/v1/logs", b.endpoint(decodeLogs, http.HandlerFunc(acceptAll)))
	mux.Handle("POST /otlp/v1/traces", b.endpoint(decodeTraces, http.HandlerFunc(acceptAll)))
	return mux
}

// endpoint checks who asks, fails where it was told to, hands the rest to next, and records all of it.
func (b *Backend) endpoint(decode decoder, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		record := Request{Path: r.URL.Path, Header: r.Header.Clone()}
		answer := httptest.NewRecorder()
		if read(answer, r, &record, decode) && b.admit(answer, r, &record) {
			next.ServeHTTP(answer, r)
		}
		record.Status, record.At = answer.Code, time.Now()
		if answer.Code/100 != 2 {
			record.Answer = answer.Body.String()
		}
		reply(w, answer)
		b.record(record)
	})
}

func (b *Backend) admit(w http.ResponseWriter, r *http.Request, record *Request) bool {
	if fault := b.nextFault(record); fault != nil {
		record.Failed = true
		fault.answer(w, record)
		return false
	}
	if r.Header.Get("Authorization") != Authorization {
		http.Error(w, "authentication error: invalid authentication credentials", http.StatusUnauthorized)
		return false
	}
	return true
}

func (f *Fault) answer(w http.ResponseWriter, to *Request) {
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if !f.Partial {
		http.Error(w, f.Message, f.Status)
		return
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(partialSuccess(to, f.Message))
}

// partialSuccess is an answer that accepts a request and rejects all of its items. The three signals have the same message
// for it: field 1 of the answer, with the number in its field 1 and the text in its field 2.
func partialSuccess(request *Request, message string) []byte {
	answer := pmetricotlp.NewExportResponse()
	answer.PartialSuccess().SetRejectedDataPoints(int64(request.Items()))
	answer.PartialSuccess().SetErrorMessage(message)
	body, _ := answer.MarshalProto() // of plain numbers and text
	return body
}

func (b *Backend) nextFault(of *Request) *Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	fault := b.fault
	if fault != nil && fault.Filled && of.Items() == 0 {
		return nil
	}
	if fault != nil && fault.Times > 0 {
		if fault.Times--; fault.Times == 0 {
			b.fault = nil
		}
	}
	return fault
}

// read decodes the body into record and leaves it, not compressed any more, on r for the next handler.
func read(w http.ResponseWriter, r *http.Request, record *Request, decode decoder) bool {
	body, err := plainBody(r)
	if err == nil {
		mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		err = decode(record, body, mediaType == "application/json")
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.Header.Del("Content-Encoding")
	return true
}

func plainBody(r *http.Request) ([]byte, error) {
	if r.Header.Get("Content-Encoding") != "gzip" {
		return io.ReadAll(r.Body)
	}
	unzip, err := gzip.NewReader(r.Body)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(unzip)
}

func reply(w http.ResponseWriter, answer *httptest.ResponseRecorder) {
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // a client that has gone away asks again
}

func (b *Backend) record(r Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests = append(b.requests, r)
	close(b.arrived)
	b.arrived = make(chan struct{})
}

// acceptAll answers 200 with an empty body, which is an empty response in protobuf.
func acceptAll(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/x-protobuf")
	w.WriteHeader(http.StatusOK)
}

func decodeMetrics(r *Request, body []byte, isJSON bool) error {
	request := pmetricotlp.NewExportRequest()
	err := unmarshal(request, body, isJSON)
	r.Metrics = request.Metrics()
	return err
}

func decodeLogs(r *Request, body []byte, isJSON bool) error {
	request := plogotlp.NewExportRequest()
	err := unmarshal(request, body, isJSON)
	r.Logs = request.Logs()
	return err
}

func decodeTraces(r *Request, body []byte, isJSON bool) error {
	request := ptraceotlp.NewExportRequest()
	err := unmarshal(request, body, isJSON)
	r.Traces = request.Traces()
	return err
}

func unmarshal(request interface {
	UnmarshalJSON(body []byte) error
	UnmarshalProto(body []byte) error
}, body []byte, isJSON bool,
) error {
	if isJSON {
		return request.UnmarshalJSON(body)
	}
	return request.UnmarshalProto(body)
}
