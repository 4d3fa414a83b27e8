package catalogue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"syscall"
	"time"
)

// URL is an address of a price file.
type URL struct {
	Endpoint string
	Format   string
	// Interval is how often it is asked.
	Interval time.Duration
	// Client asks. It is changed to follow redirects with care.
	Client *http.Client
	// Secrets says that the client's requests have headers that are for nobody but the endpoint.
	Secrets bool
	// UserAgent is who asks.
	UserAgent string
}

const (
	// firstWait is how long the start waits for the first answer.
	firstWait = 3 * time.Second
	// firstRetry is when an address that failed is asked again; then it doubles, up to the interval.
	firstRetry = 15 * time.Second
)

var errNotSoon = fmt.Errorf("no answer within %v; the start does not wait for it", firstWait)

// remote is an address that is asked again and again.
type remote struct {
	source
	URL
	limit int64

	copy     *answer // what the layer is made of: the server is asked whether it still holds
	offered  *answer // what the offer is made of
	failures int     // in a row
	unkept   bool    // the storage did not take the last one
}

// answer is what the address had to say.
type answer struct {
	text           []byte // until it is kept
	digest         [sha256.Size]byte
	etag, modified string // by which the server knows it
}

func newRemote(at URL, limit int64) *remote {
	client := *at.Client
	client.CheckRedirect = follow(at.Secrets)
	at.Client = &client
	return &remote{source: source{kind: FromAddress, name: publicPart(at.Endpoint)}, URL: at, limit: limit}
}

// publicPart is an address without what may be secret in it.
func publicPart(endpoint string) string {
	at, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return (&url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path}).String()
}

// follow keeps what is secret to the host that it is for, and what is encrypted encrypted.
func follow(secrets bool) func(*http.Request, []*http.Request) error {
	const most = 10
	return func(next *http.Request, before []*http.Request) error {
		first := before[0].URL
		switch {
		case len(before) >= most:
			return fmt.Errorf("redirected more than %d times", most)
		case first.Scheme == "https" && next.URL.Scheme != "https":
			return fmt.Errorf("redirected to %s, which is not encrypted", publicPart(next.URL.String()))
		case secrets && next.URL.Host != first.Host:
			return fmt.Errorf("redirected to the host %s, which must not see the headers that are for %s; name that address as the endpoint",
				next.URL.Host, first.Host)
		}
		return nil
	}
}

// fetch asks the address and takes what it answers.
func (c *Catalogue) fetch(ctx context.Context) time.Duration {
	return c.request(ctx, func(offers bool) {
		if offers {
			c.renew()
		}
	})
}

// request asks the address, has a book made of what it offers, if it does, and says when to ask again.
func (c *Catalogue) request(ctx context.Context, renew func(offers bool)) time.Duration {
	r := c.remote
	c.settle()
	got, found := r.ask(ctx)
	if errors.Is(context.Cause(ctx), context.Canceled) {
		return r.Interval // nobody waits for an answer any more
	}
	outcome := c.hear(got, found, renew)
	c.settle()
	c.Count(FromAddress, outcome)
	c.keep(ctx, outcome)
	return r.pause(outcome)
}

// hear takes note of what the address has said, or why it has not. What it offered before stays on offer: it may fit when
// files have changed.
func (c *Catalogue) hear(got *answer, found *finding, renew func(offers bool)) Outcome {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.remote
	switch {
	case found == nil:
		c.confirm()
	case found.offer != nil:
		found.offer.since = c.Clock.Now()
		r.offer, r.offered = found.offer, got
	}
	renew(found != nil && found.offer != nil)
	if found != nil && found.trouble != nil {
		c.fail(&r.source, found.trouble)
	}
	return r.outcome()
}

// confirm notes that what is in the book, or at the start what was kept, still holds.
func (c *Catalogue) confirm() {
	r, now := c.remote, c.Clock.Now()
	if r.layer == nil {
		r.offer.since = now
		return
	}
	r.since, r.offer, r.offered = now, nil, nil
	c.works(&r.source)
}

// settle notes what became of the offer since.
func (c *Catalogue) settle() {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.remote
	if r.layer != nil && r.offer == nil && r.offered != nil {
		r.copy, r.offered = r.offered, nil
	}
}

// pause is how long it is until the next request. One that failed comes sooner.
func (r *remote) pause(outcome Outcome) time.Duration {
	if outcome != Failed {
		r.failures = 0
		return r.Interval
	}
	const doublings = 16 // far beyond any interval
	wait := firstRetry << min(r.failures, doublings)
	r.failures++
	return min(r.Interval, wait)
}

// ask returns the address's answer and what is new in it: nothing, if it is what is in the book.
func (r *remote) ask(ctx context.Context) (*answer, *finding) {
	response, err := r.get(ctx)
	if err != nil {
		return nil, &finding{trouble: unreachable(ctx, err)}
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusOK:
		return r.read(ctx, response)
	case response.StatusCode == http.StatusNotModified && r.copy != nil:
		return r.copy, nil
	}
	return nil, &finding{trouble: notOK(response)}
}

func (r *remote) get(ctx context.Context) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.Endpoint, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Close = true // the next one is far away
	request.Header.Set("User-Agent", r.UserAgent)
	if r.copy != nil {
		setIf(request.Header, "If-None-Match", r.copy.etag)
		setIf(request.Header, "If-Modified-Since", r.copy.modified)
	}
	return r.Client.Do(request)
}

func setIf(header http.Header, key, value string) {
	if value != "" {
		header.Set(key, value)
	}
}

func (r *remote) read(ctx context.Context, response *http.Response) (*answer, *finding) {
	// What the transport has asked for it has decompressed, and it is bounded as that.
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" {
		return nil, &finding{trouble: &trouble{
			error:  fmt.Errorf("answered with the Content-Encoding %q, which was not asked for", encoding),
			remedy: "take Accept-Encoding out of the headers, or have the server send it as it is",
		}}
	}
	text, err := readAll(response.Body, r.limit)
	if err != nil {
		return nil, &finding{trouble: unreachable(ctx, err)}
	}
	got := &answer{
		text: text, digest: sha256.Sum256(text),
		etag: response.Header.Get("ETag"), modified: response.Header.Get("Last-Modified"),
	}
	if r.copy != nil && r.copy.digest == got.digest {
		r.copy.etag, r.copy.modified = got.etag, got.modified
		return r.copy, nil
	}
	return got, r.parse(text)
}

func (r *remote) parse(text []byte) *finding {
	offer, err := parse(r.name, text, r.Format)
	if err != nil {
		return &finding{trouble: &trouble{
			error: err, remedy: "check that the endpoint is that of a price file, and its format",
		}}
	}
	return &finding{offer: offer}
}

// unreachable is why there is no answer. Of an address nothing is said but the public part, which the log has beside it.
func unreachable(ctx context.Context, err error) *trouble {
	var outer *url.Error
	if why := context.Cause(ctx); why != nil {
		err = why
	} else if errors.As(err, &outer) {
		err = outer.Err
	}
	remedy := "check the network, the endpoint and tls of price_url; it is asked again"
	if errors.Is(err, errTooLarge) {
		remedy = "check that the endpoint is that of a price file"
	}
	return &trouble{error: err, remedy: remedy, kind: cause(err)}
}

// cause is what kind of error is at the bottom of one, without ports and times, which are others each time.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			break
		}
		err = inner
	}
	if number, system := err.(syscall.Errno); system {
		return number.Error()
	}
	return fmt.Sprintf("%T", err)
}

func notOK(response *http.Response) *trouble {
	t := &trouble{
		error:  fmt.Errorf("answered %d %s", response.StatusCode, http.StatusText(response.StatusCode)),
		remedy: "name an endpoint that answers 200 with a price file",
	}
	switch code := response.StatusCode; {
	case code == http.StatusUnauthorized || code == http.StatusForbidden:
		t.remedy = "check headers or auth of price_url"
	case code == http.StatusNotFound || code == http.StatusGone:
		t.remedy = "check the endpoint of price_url"
	case code == http.StatusTooManyRequests || code >= http.StatusInternalServerError:
		t.remedy = "nothing, if it passes: it is asked again"
	}
	return t
}
