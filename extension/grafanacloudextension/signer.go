package grafanacloudextension

import "net/http"

// signer adds the headers in use to each request. It is safe for concurrent use.
type signer struct {
	base    http.RoundTripper
	secrets *secrets
}

// RoundTrip sends a signed copy: an http.RoundTripper must not modify the request that it is given. A request that a
// redirect has led to another origin goes out unsigned, for the secret is for the endpoint alone.
func (s *signer) RoundTrip(req *http.Request) (*http.Response, error) {
	if !atFirstOrigin(req) {
		return s.base.RoundTrip(req)
	}
	signed := req.Clone(req.Context())
	headers := s.secrets.headers()
	for name := range headers {
		signed.Header.Set(name, headers.Get(name))
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
