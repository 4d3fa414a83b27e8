package grafanacloudextension

import "net/http"

// signer adds fixed headers to each request. It only reads its fields, so it is safe for concurrent use.
type signer struct {
	base    http.RoundTripper
	headers http.Header
}

// RoundTrip sends a signed copy: an http.RoundTripper must not modify the request that it is given. A request that a
// redirect has led to another origin goes out unsigned, for the secret is for the endpoint alone.
func (s *signer) RoundTrip(req *http.Request) (*http.Response, error) {
	if !atFirstOrigin(req) {
		return s.base.RoundTrip(req)
	}
	signed := req.Clone(req.Context())
	for name := range s.headers {
		signed.Header.Set(name, s.headers.Get(name))
	}
	return s.base.RoundTrip(signed)
}

// atFirstOrigin reports whether req goes to the scheme and host of the request that a chain of redirects began with.
// Without a redirect req is that request.
func atFirstOrigin(req *http.Request) bool {
	first := req
	for first.Response != nil && first.Response.Request != nil {
		first = first.Response.Request
	}
	return first.URL.Scheme == req.URL.Scheme && first.URL.Host == req.URL.Host
}
