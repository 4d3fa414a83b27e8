package grafanacloudextension

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"golang.org/x/net/http/httpguts"
)

// Every error about the headers is a constant text, at most with a position in front: none can carry a part of the
// value. That includes header names, since a credential without its "Authorization=" stands where a name should be.
var (
	errHeadersEmpty = errors.New("headers is empty, and no other credential is set: set the environment variable OTEL_EXPORTER_OTLP_HEADERS, " +
		"for example OTEL_EXPORTER_OTLP_HEADERS=Authorization=Basic <base64 of INSTANCE_ID:TOKEN> " +
		"(a .env file is read with --config dotenv:.env)")
	errHeaderQuoted = errors.New("begins with a quote: " +
		"write OTEL_EXPORTER_OTLP_HEADERS without quotes (docker --env-file keeps them)")
	errHeaderNoEquals = errors.New("has no \"=\": write name=value, " +
		"for example Authorization=Basic <base64 of INSTANCE_ID:TOKEN>")
	errHeaderName = errors.New("has no header name before its first \"=\": write name=value, " +
		"for example Authorization=Basic <base64 of INSTANCE_ID:TOKEN>")
	errHeaderControl = errors.New("has a line break or another control character in it: write it on one line " +
		"(base64 breaks lines after 76 characters: pipe it through tr -d '\\n')")
	errHeaderTwice = errors.New("repeats the name of a header before it: keep one of them")
)

// parseHeaders reads a list "name=value,name2=value2" with percent-encoding allowed in values, the form of W3C
// baggage that OpenTelemetry gives to OTEL_EXPORTER_OTLP_HEADERS. An empty item is skipped.
func parseHeaders(list string) (http.Header, error) {
	headers := http.Header{}
	var errs []error
	for i, item := range strings.Split(list, ",") {
		if err := addHeader(headers, strings.TrimSpace(item)); err != nil {
			errs = append(errs, fmt.Errorf("headers: item %d of the list %w", i+1, err))
		}
	}
	if len(headers) == 0 && len(errs) == 0 {
		return nil, errHeadersEmpty
	}
	return headers, errors.Join(errs...)
}

func addHeader(headers http.Header, item string) error {
	if item == "" {
		return nil
	}
	name, value, err := parseItem(item)
	if err != nil {
		return err
	}
	if _, ok := headers[http.CanonicalHeaderKey(name)]; ok {
		return errHeaderTwice
	}
	headers.Set(name, value)
	return nil
}

func parseItem(item string) (name, value string, err error) {
	if isQuoted(item) {
		return "", "", errHeaderQuoted
	}
	name, value, found := strings.Cut(item, "=")
	if !found {
		return "", "", errHeaderNoEquals
	}
	name = strings.TrimSpace(name)
	if !httpguts.ValidHeaderFieldName(name) {
		return "", "", errHeaderName
	}
	value = strings.Trim(percentDecode(strings.TrimSpace(value)), " ")
	if strings.ContainsFunc(value, unicode.IsControl) {
		return "", "", errHeaderControl
	}
	return name, value, nil
}

// percentDecode replaces each %XX by its byte, once. A "%" without two hexadecimal digits stays as it is, and so does
// "+", which is a letter of base64 and means a space in forms only.
func percentDecode(s string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "%")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		octet, rest := decodeOctet(after)
		out.WriteString(octet)
		s = rest
	}
}

// decodeOctet takes what follows a "%".
func decodeOctet(s string) (octet, rest string) {
	if len(s) < 2 {
		return "%", s
	}
	decoded, err := hex.DecodeString(s[:2])
	if err != nil {
		return "%", s
	}
	return string(decoded), s[2:]
}

func isQuoted(s string) bool {
	return strings.HasPrefix(s, `"`) || strings.HasPrefix(s, `'`)
}

// isPlaceholder knows a "<your_…>" left in place. Neither a URL nor a credential may have an angle bracket.
func isPlaceholder(s string) bool {
	return strings.ContainsAny(s, "<>")
}
