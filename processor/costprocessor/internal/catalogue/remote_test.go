package catalogue

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// server answers requests for prices as a test wants.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	answer   http.HandlerFunc
	requests []*http.Request
}

// serve adds an address to the settings.
func (b *bench) serve(answer http.HandlerFunc) *server {
	b.Helper()
	s := &server{answer: answer}
	s.Server = httptest.NewServer(s)
	b.Cleanup(s.Close)
	b.settings.URL = &URL{
		Endpoint: s.URL + "/prices.yaml", Interval: time.Hour, Client: &http.Client{Timeout: 10 * time.Second},
		UserAgent: "otelcol-voice/1",
	}
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	answer := s.answer
	s.requests = append(s.requests, r)
	s.mu.Unlock()
	answer(w, r)
}

func (s *server) answers(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *server) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

// last is a header of the last request.
func (s *server) last(key string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.requests[len(s.requests)-1].Header.Get(key)
}

// text answers with a text and headers, pairs of key and value.
func text(body string, headers ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for pair := range slices.Chunk(headers, 2) {
			w.Header().Set(pair[0], pair[1])
		}
		if tag := w.Header().Get("ETag"); tag != "" && r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if day := w.Header().Get("Last-Modified"); day != "" && r.Header.Get("If-Modified-Since") == day {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, body)
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not today", code) }
}

// hour lets the address be asked once more.
func (b *bench) hour() {
	b.Helper()
	b.pass(b.settings.URL.Interval)
}

// An answer is asked for again by what the server knows it by, and is not parsed where it is the same.
func TestAddressIsAskedAgain(t *testing.T) {
	const day = "Mon, 23 Nov 2026 10:00:00 GMT"
	for name, test := range map[string]struct {
		first, second         http.HandlerFunc
		noneMatch, modifiedAt string // of the second request
	}{
		"by tag":      {text(home("m", "1"), "ETag", `"a"`), text(home("m", "2"), "ETag", `"b"`), `"a"`, ""},
		"by day":      {text(home("m", "1"), "Last-Modified", day), text(home("m", "2")), "", day},
		"by its text": {text(home("m", "1")), text(home("m", "2")), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.serve(test.first)
			b.start()
			assert.Equal(t, "1", b.price("m"))
			assert.Equal(t, "otelcol-voice/1", s.last("User-Agent"))
			assert.Empty(t, s.last("If-None-Match"))

			b.hour()
			assert.Equal(t, map[string]int{"url loaded": 1, "url unchanged": 1}, b.counts)
			assert.Equal(t, []string{test.noneMatch, test.modifiedAt}, []string{s.last("If-None-Match"), s.last("If-Modified-Since")})
			age, _ := b.Age(FromAddress)
			assert.Zero(t, age, "it still holds")

			s.answers(test.second)
			b.pass(59 * time.Minute)
			assert.Equal(t, 2, s.asked())
			b.pass(time.Minute)
			assert.Equal(t, "2", b.price("m"))
			assert.Equal(t, 1, b.swaps)
			assert.Equal(t, map[string]int{"url loaded": 2, "url unchanged": 1}, b.counts)
			assert.Equal(t, []string{"[" + s.URL + "/prices.yaml]"}, b.said(replaced, "from"))
		})
	}
}

// What the address answers may be of no use. The prices of before hold, it is said once, and it is asked again, at first soon.
func TestAddressFails(t *testing.T) {
	for name, test := range map[string]struct {
		answer       http.HandlerFunc
		want, remedy string
	}{
		"an error of the server": {status(http.StatusInternalServerError), "answered 500 Internal Server Error", "asked again"},
		"too many requests":      {status(http.StatusTooManyRequests), "answered 429", "asked again"},
		"no access":              {status(http.StatusForbidden), "answered 403 Forbidden", "check headers or auth"},
		"nothing there":          {status(http.StatusNotFound), "answered 404 Not Found", "check the endpoint"},
		"something else":         {status(http.StatusNoContent), "answered 204 No Content", "name an endpoint that answers 200"},
		"a page":                 {text("<html><body>Sign in</body></html>"), "prices.yaml: is no price file that we know", "check that the endpoint is that of a price file"},
		"nothing":                {text(""), "prices.yaml: is no price file that we know", "check that the endpoint"},
		"a row that is wrong":    {text(home("m", "1e3")), `row 1 (m characters): price "1e3"`, "correct what the error names"},
		"far too much":           {text("#" + strings.Repeat("-", 1<<20)), "is too large: at most 1048576 bytes", "check that the endpoint"},
		"far too much, made small": {
			gzipped("#" + strings.Repeat("-", 1<<20)), "is too large: at most 1048576 bytes", "check that the endpoint",
		},
		"half of it": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				_, _ = io.WriteString(w, home("m", "2"))
			},
			"unexpected EOF", "asked again",
		},
		"half of it, made small": {
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Encoding", "gzip")
				_, _ = w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
			},
			"unexpected EOF", "asked again",
		},
		"what was not asked for": {
			text(home("m", "2"), "Content-Encoding", "br"), `the Content-Encoding "br", which was not asked for`, "take Accept-Encoding out",
		},
		"a hang-up": {
			func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			"EOF", "check the network",
		},
		"a circle": {
			func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) },
			"redirected more than 10 times", "check the network, the endpoint",
		},
		"no change from nothing": {
			func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("If-None-Match") == "" {
					w.WriteHeader(http.StatusNotModified)
					return
				}
				status(http.StatusTeapot)(w, r)
			},
			"answered 418", "answers 200",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.serve(text(home("m", "1"), "ETag", `"a"`))
			b.start()
			s.answers(test.answer)
			b.hour()
			require.Len(t, b.said(failed, "error"), 1)
			assert.Contains(t, b.said(failed, "error")[0], test.want)
			assert.Contains(t, b.said(failed, "remedy")[0], test.remedy)
			assert.Equal(t, []string{s.URL + "/prices.yaml"}, b.said(failed, "from"))
			for _, wait := range []time.Duration{15, 30, 60, 120} {
				b.pass(wait * time.Second)
			}
			assert.Equal(t, map[string]int{"url loaded": 1, "url failed": 5}, b.counts)
			assert.Len(t, b.said(failed, "error"), 1, "once")
			assert.Equal(t, "1", b.price("m"))
			age, _ := b.Age(FromAddress)
			assert.Equal(t, time.Hour+225*time.Second, age)

			s.answers(text(home("m", "1"), "ETag", `"a"`))
			b.pass(240 * time.Second)
			assert.Equal(t, `"a"`, s.last("If-None-Match"))
			assert.Len(t, b.said(again, "from"), 1)
			assert.Equal(t, 1, b.counted("url unchanged"))
			s.answers(text(home("m", "3")))
			b.hour()
			assert.Equal(t, "3", b.price("m"))
		})
	}
}

func gzipped(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			status(http.StatusNotAcceptable)(w, r)
			return
		}
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, body)
		_ = z.Close()
	}
}

func TestAnswerIsCompressed(t *testing.T) {
	b := newBench(t)
	b.serve(gzipped(home("m", "1")))
	b.start()
	assert.Equal(t, "1", b.price("m"))
}

// An address that is gone does not hold up the start, and is asked again in the background.
func TestStartWithoutAddress(t *testing.T) {
	b := newBench(t)
	s := b.serve(status(http.StatusServiceUnavailable))
	b.file("a.yaml", home("n", "1"))
	b.start()
	assert.Equal(t, "no_model 1", b.price("m")+" "+b.price("n"))
	assert.Equal(t, []string{"answered 503 Service Unavailable"}, b.said(failed, "error"))
	_, known := b.Age(FromAddress)
	assert.False(t, known)

	s.answers(text(home("m", "1", "n", "2")))
	b.pass(firstRetry)
	assert.Equal(t, "1 1", b.price("m")+" "+b.price("n"), "files hold over it")
}

// A dead one is not told from a slow one: neither is waited for long.
func TestStartWithSlowAddress(t *testing.T) {
	b := newBench(t)
	s := b.serve(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	started := make(chan error)
	go func() { started <- b.tryStart() }()
	require.NoError(t, b.clock.BlockUntilContext(t.Context(), 1))
	b.clock.Advance(firstWait)
	require.NoError(t, <-started)
	assert.Equal(t, []string{"no answer within 3s; the start does not wait for it"}, b.said(failed, "error"))
	s.answers(text(home("m", "1")))
	b.pass(firstRetry)
	assert.Equal(t, "1", b.price("m"))
}

func TestStartIsCalledOff(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(context.Background())
	b.serve(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	})
	b.Catalogue = New(b.settings)
	require.ErrorIs(t, b.Open(ctx), context.Canceled)
	b.stop()
}

// The end cuts a request off; nobody is told of it.
func TestCloseCutsRequestOff(t *testing.T) {
	b := newBench(t)
	s := b.serve(text(home("m", "1")))
	b.start()
	asked := make(chan struct{})
	s.answers(func(_ http.ResponseWriter, r *http.Request) {
		close(asked)
		<-r.Context().Done()
	})
	require.NoError(t, b.clock.BlockUntilContext(t.Context(), 1))
	b.clock.Advance(time.Hour)
	<-asked
	b.stop()
	assert.Empty(t, b.said(failed, "error"))
	assert.Equal(t, map[string]int{"url loaded": 1}, b.counts)
}

// A storage that hangs holds the end up no longer than it has.
func TestCloseHasNoTime(t *testing.T) {
	b := newBench(t)
	b.serve(text(home("m", "1")))
	b.start()
	storing, release := make(chan struct{}), make(chan struct{})
	b.disk.held = func() {
		close(storing)
		<-release
	}
	require.NoError(t, b.clock.BlockUntilContext(t.Context(), 1))
	b.clock.Advance(time.Hour)
	<-storing
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, b.Close(ctx), context.Canceled)
	close(release)
	b.stop()
}

// What an answer and files have may fit only together.
func TestFilesNeedTheAddress(t *testing.T) {
	const names = "provider: home\nmodel_aliases: {short: m}\nrows: []\n"
	t.Run("there", func(t *testing.T) {
		b := newBench(t)
		b.serve(text(home("m", "1")))
		b.file("names.yaml", names)
		b.settings.Account.Plans = map[string]string{"cartesia": "scale"}
		b.start()
		assert.Equal(t, "1", b.price("short"))
		assert.Empty(t, b.said(failed, "error"))
	})
	t.Run("not there", func(t *testing.T) {
		b := newBench(t)
		s := b.serve(status(http.StatusBadGateway))
		b.file("names.yaml", names)
		b.file("more.yaml", home("n", "2"))
		b.start()
		assert.Equal(t, "no_model 2", b.price("short")+" "+b.price("n"))
		assert.Equal(t, 1, b.counted("file failed"))
		s.answers(text(home("m", "1")))
		b.pass(firstRetry)
		assert.Equal(t, "1 2", b.price("short")+" "+b.price("n"))
		assert.Len(t, b.said(again, "from"), 2)
	})
	t.Run("there, and a file is wrong", func(t *testing.T) {
		b := newBench(t)
		b.serve(text(home("m", "1")))
		b.file("a.yaml", home("m", "2", "m", "3"))
		require.ErrorContains(t, b.tryStart(), "two rows price characters of home/m")
	})
}

// A plan of a vendor that only the address knows waits for it; others hold.
func TestPlansOfTheAddress(t *testing.T) {
	planned := strings.ReplaceAll(home("m", "1"), `per: "1"`, `per: "1", when: {plan: large}`) + home("m", "3")[len("provider: home\nrows:\n"):]
	b := newBench(t)
	s := b.serve(status(http.StatusBadGateway))
	b.settings.Account.Plans = map[string]string{"home": "large", "cartesia": "scale"}
	b.start()
	assert.Equal(t, []string{"1"}, b.said("plans and discounts that do not fit the price book wait for the prices of price_url", "plans"))
	s.answers(text(planned))
	b.pass(firstRetry)
	assert.Equal(t, "1", b.price("m"))
	require.Len(t, b.said(failed, "error"), 1, "but for the address all is well")
}

// An answer that does not fit, of an address of which nothing else is known, is as good as none: neither the start nor the files
// wait for it, whatever plans and discounts do. What makes a good answer not fit is a slip in the configuration.
func TestFirstAnswerDoesNotFit(t *testing.T) {
	discount := []pricing.Discount{{Provider: "away", Multiplier: "0.5"}}
	away := strings.ReplaceAll(home("m", "4"), "home", "away")
	wrong := text(strings.ReplaceAll(home("m", "2", "m", "3"), "home", "away"))
	for name, first := range map[string]http.HandlerFunc{"at the start": wrong, "later": status(http.StatusBadGateway)} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.serve(first)
			b.file("prices.yaml", home("n", "1"))
			b.settings.Account.Discounts = discount
			b.start()
			s.answers(wrong)
			b.pass(firstRetry)
			require.Contains(t, strings.Join(b.said(failed, "error"), "\n"), "two rows price characters of away/m")
			b.write("prices.yaml", home("n", "2"))
			b.pass(b.settings.LookInterval)
			b.pass(settleTime)
			assert.Equal(t, "2", b.price("n"))
			s.answers(text(away))
			b.hour()
			assert.Equal(t, "2", priceAt("away", b.Book(), "m"))
		})
	}
	t.Run("for a slip in the configuration", func(t *testing.T) {
		b := newBench(t)
		b.serve(text(away))
		b.settings.Account.Discounts = []pricing.Discount{{Provider: "awy", Multiplier: "0.5"}}
		require.ErrorContains(t, b.tryStart(), `discounts[0]: provider "awy" is not in the book`)
	})
}

// An answer that does not fit the rest is refused, for as long as that is so.
func TestAnswerDoesNotFit(t *testing.T) {
	b := newBench(t)
	s := b.serve(text(home("m", "1")))
	b.file("names.yaml", "provider: home\nmodel_aliases: {short: m}\nrows: []\n")
	b.start()
	s.answers(text(home("n", "2"), "ETag", `"n"`))
	b.hour()
	assert.Equal(t, "1 no_model", b.price("short")+" "+b.price("n"))
	require.Len(t, b.said(failed, "error"), 1)
	assert.Contains(t, b.said(failed, "error")[0], "model_aliases.short: there is no row of home/m")

	b.write("names.yaml", "provider: home\nmodel_aliases: {short: n}\nrows: []\n")
	b.pass(b.settings.LookInterval)
	b.pass(settleTime)
	assert.Equal(t, "2 2", b.price("short")+" "+b.price("n"))
	b.hour()
	assert.Equal(t, `"n"`, s.last("If-None-Match"))
	b.hour()
	assert.Equal(t, 2, b.counted("url failed"), "after the first one once more, after 15 s")
}

// A server that takes an answer back that was refused is asked for what is in the book, not for that.
func TestAnswerIsTakenBack(t *testing.T) {
	b := newBench(t)
	s := b.serve(text(home("m", "1"), "ETag", `"a"`))
	b.start()
	s.answers(text(home("m", "2", "m", "3"), "ETag", `"b"`))
	b.hour()
	s.answers(text(home("m", "1"), "ETag", `"a"`))
	b.pass(firstRetry)
	b.hour()
	assert.Equal(t, `"a"`, s.last("If-None-Match"))
	assert.Equal(t, map[string]int{"url loaded": 1, "url failed": 1, "url unchanged": 2}, b.counts)
	b.stop()
	s.answers(status(http.StatusBadGateway))
	b.start()
	assert.Equal(t, "1", b.price("m"))
}

func TestRedirects(t *testing.T) {
	other := httptest.NewServer(text(home("m", "2")))
	t.Cleanup(other.Close)
	for name, test := range map[string]struct {
		to      func(own string) string
		secrets bool
		want    string // the price, or what is said
	}{
		"own host":                {func(own string) string { return own + "/b.yaml" }, true, "1"},
		"other host":              {func(string) string { return other.URL }, false, "2"},
		"other host, with secret": {func(string) string { return other.URL }, true, "redirected to the host " + strings.TrimPrefix(other.URL, "http://")},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.serve(nil)
			s.answers(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/b.yaml" {
					text(home("m", "1"))(w, r)
					return
				}
				http.Redirect(w, r, test.to(s.URL), http.StatusFound)
			})
			b.settings.URL.Secrets = test.secrets
			b.start()
			if said := b.said(failed, "error"); len(said) > 0 {
				assert.Contains(t, said[0], test.want)
				return
			}
			assert.Equal(t, test.want, b.price("m"))
		})
	}
}

func TestRedirectToPlainText(t *testing.T) {
	first, _ := http.NewRequest(http.MethodGet, "https://a.example/x", http.NoBody)
	next, _ := http.NewRequest(http.MethodGet, "http://a.example/y?sig=s3cret", http.NoBody)
	assert.EqualError(t, follow(false)(next, []*http.Request{first}), "redirected to http://a.example/y, which is not encrypted")
	next.URL.Scheme = "https"
	assert.NoError(t, follow(true)(next, []*http.Request{first}))
}

// What may be secret in an address is in no message, whatever goes wrong.
func TestSecretsStaySecret(t *testing.T) {
	b := newBench(t)
	s := b.serve(status(http.StatusUnauthorized))
	b.settings.URL.Endpoint += "?sig=s3cret"
	b.start()
	for _, answer := range []http.HandlerFunc{
		text("provider: ["), text("", "Content-Encoding", "br"), text(home("m", "-1")), text(home("m", "1")),
		func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/?sig=s3cret", http.StatusFound) },
	} {
		s.answers(answer)
		b.hour()
	}
	s.Close()
	b.hour()
	assert.Len(t, b.said(failed, "error"), 6)
	assert.NotContains(t, b.everything(), "s3cret")
	for key, value := range b.disk.data {
		assert.NotContains(t, key+string(value), "s3cret")
	}
}

// What the address said last outlives a restart without it.
func TestRestartWithoutNetwork(t *testing.T) {
	b := newBench(t)
	s := b.serve(text(home("m", "1"), "ETag", `"a"`))
	b.start()
	b.hour()
	b.stop()

	s.answers(status(http.StatusBadGateway))
	b.clock.Advance(time.Hour)
	b.start()
	assert.Equal(t, "1", b.price("m"))
	assert.Equal(t, `"a"`, s.last("If-None-Match"))
	age, _ := b.Age(FromAddress)
	assert.Equal(t, time.Hour, age, "since it was last known to hold")
	b.stop()

	s.answers(text(home("m", "1"), "ETag", `"a"`))
	b.start()
	age, _ = b.Age(FromAddress)
	assert.Zero(t, age, "the server says that it holds")
	assert.Equal(t, 2, b.counted("url loaded"), "once of the network, once of the copy")
	b.stop()

	s.answers(text(home("m", "2"), "ETag", `"b"`))
	b.start()
	assert.Equal(t, "2", b.price("m"))
	b.stop()
	s.answers(status(http.StatusBadGateway))
	b.start()
	assert.Equal(t, "2", b.price("m"))
}

// A copy that is of no use is asked for anew.
func TestCopyIsOfNoUse(t *testing.T) {
	const useless = "the copy of the prices of price_url cannot be used; they are asked for anew"
	for name, test := range map[string]struct {
		spoil func(b *bench)
		want  string
	}{
		"damaged":        {func(b *bench) { b.disk.data[keyAnswer] = []byte("{") }, "unexpected end of JSON input"},
		"without a time": {func(b *bench) { delete(b.disk.data, keyChecked) }, "parsing time"},
		"of another":     {func(b *bench) { b.settings.URL.Endpoint += "2" }, "it is of another address or format"},
		"read otherwise": {func(b *bench) { b.settings.URL.Format = "voice" }, "it is of another address or format"},
		"not to be had":  {func(b *bench) { b.disk.fail(errors.New("locked")) }, "locked"},
		"from a time of other rules": {
			func(b *bench) {
				b.disk.data[keyAnswer] = []byte(strings.Replace(string(b.disk.data[keyAnswer]), `"text":"`, `"text":"AAAA`, 1))
			},
			"control characters are not allowed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			s := b.serve(text(home("m", "1"), "ETag", `"a"`))
			b.start()
			b.stop()
			test.spoil(b)
			b.start()
			require.Len(t, b.said(useless, "error"), 1)
			assert.Contains(t, b.said(useless, "error")[0], test.want)
			assert.Empty(t, s.last("If-None-Match"))
			assert.Equal(t, "1", b.price("m"))
		})
	}
}

// A copy may not fit files that have changed meanwhile. Then it is as if there were none.
func TestCopyDoesNotFit(t *testing.T) {
	b := newBench(t)
	s := b.serve(text(home("m", "1"), "ETag", `"a"`))
	b.start()
	b.stop()
	b.file("names.yaml", "provider: home\nmodel_aliases: {m: x}\nrows: []\n"+"")
	require.ErrorContains(t, b.tryStart(), "there is no row of home/x")
	b.settings.Files = nil
	b.file("more.yaml", home("n", "1"))

	s.answers(text(home("m", "2", "m", "3"), "ETag", `"b"`))
	b.start()
	assert.Equal(t, "1 1", b.price("m")+" "+b.price("n"), "the copy instead of an answer that does not fit")
	assert.Equal(t, 1, b.counted("url failed"))
	b.stop()
	delete(b.disk.data, keyAnswer)
	b.start()
	assert.Equal(t, "no_model 1", b.price("m")+" "+b.price("n"), "neither")
	s.answers(text(home("m", "4")))
	b.pass(firstRetry)
	assert.Empty(t, s.last("If-None-Match"))
	assert.Equal(t, "4", b.price("m"))
}

// A storage that does not work is said once, and what it missed comes with what works again.
func TestStorageFails(t *testing.T) {
	const unkept = "the prices of price_url cannot be stored: a restart without the network would do without them; " +
		"check the disk of the storage extension"
	b := newBench(t)
	s := b.serve(text(home("m", "1"), "ETag", `"a"`))
	b.start()
	b.disk.fail(errors.New("full"))
	s.answers(text(home("m", "2"), "ETag", `"b"`))
	b.hour()
	b.hour()
	assert.Equal(t, []string{"full"}, b.said(unkept, "error"))
	assert.Equal(t, "2", b.price("m"))
	b.disk.fail(nil)
	s.answers(status(http.StatusBadGateway))
	b.hour()
	b.stop()
	b.start()
	assert.Equal(t, "2", b.price("m"))
}
