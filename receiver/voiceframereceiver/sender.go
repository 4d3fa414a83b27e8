package voiceframereceiver

import (
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
)

const (
	callIDHeader = "X-Call-Id"
	callIDParam  = "call_id"
	dialectParam = "dialect"
	keyHeader    = "Idempotency-Key"
)

// sender is what a request says about all of its frames.
type sender struct {
	tenant  string
	callID  string       // for frames that name none
	key     string       // Idempotency-Key: identity for frames that have none of their own
	dialect dialect.Name // empty: each frame shows its own
}

// senderOf reads the request's path, query and headers. The error is a refusal of the request.
func senderOf(req *http.Request, tenants *TenantConfig) (sender, error) {
	var query url.Values
	if req.URL.RawQuery != "" {
		query = req.URL.Query()
	}
	from := sender{callID: callID(req, query), key: req.Header.Get(keyHeader)}
	var err error
	if from.tenant, err = tenants.of(req.Header); err != nil {
		return sender{}, err
	}
	from.dialect, err = named(query.Get(dialectParam))
	return from, err
}

// callID is the call that the transport names, for frames that name none.
func callID(req *http.Request, query url.Values) string {
	if id := req.PathValue(callIDParam); id != "" {
		return id
	}
	if id := req.Header.Get(callIDHeader); id != "" {
		return id
	}
	return query.Get(callIDParam)
}

// named is the dialect that a request asks for.
func named(name string) (dialect.Name, error) {
	as := dialect.Name(name)
	if name == "" || slices.Contains(dialect.Names, as) {
		return as, nil
	}
	return "", refusal{http.StatusBadRequest, fmt.Sprintf("?%s=: must be one of %v, or absent", dialectParam, dialect.Names)}
}

// of is the tenant that a request names. Something on the way may have added its header to one that the sender wrote, so
// two of them name nobody.
func (c *TenantConfig) of(header http.Header) (string, error) {
	if c.Header == "" {
		return "", nil
	}
	values := header.Values(c.Header)
	switch {
	case len(values) > 1:
		return "", refusal{http.StatusBadRequest, fmt.Sprintf("the header %s stands there more than once", c.Header)}
	case len(values) == 0 || values[0] == "":
		return "", c.missing()
	case !utf8.ValidString(values[0]) || strings.ContainsFunc(values[0], unicode.IsControl):
		return "", refusal{http.StatusBadRequest, fmt.Sprintf("the header %s must be UTF-8 without control characters", c.Header)}
	}
	return wire.Text(values[0]), nil
}

func (c *TenantConfig) missing() error {
	if !c.Required {
		return nil
	}
	return refusal{http.StatusBadRequest, fmt.Sprintf("the header %s is missing: it says whose calls these are", c.Header)}
}

// clientOf is the address that a request comes from, without the port: whose share of the memory it uses.
func clientOf(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}
