//go:build browser

package report

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"html"
	"image/png"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// These tests look at the report in a headless Chromium: `make report-test` runs them, and nothing else does: that is what the build tag is for.

var update = flag.Bool("update", false, "write docs/images/report*.png")

const (
	images  = "../../../../docs/images/"
	atMost  = 200_000 // bytes of a picture
	across  = 1280    // pixels
	advised = "install it with scripts/install-chromium.sh (apt-get install chromium), or name it with CHROMIUM=/path/to/chromium"
)

// browser runs Chromium with a profile of its own. It never skips: without Chromium, nothing has been tested.
func browser(t *testing.T, scheme string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	common := []string{
		"--headless", "--hide-scrollbars", "--force-device-scale-factor=1", "--no-first-run", "--disable-gpu", "--disable-extensions",
		"--disable-background-networking", "--disable-dev-shm-usage",
		"--user-data-dir=" + t.TempDir(), "--blink-settings=preferredColorScheme=" + scheme,
	}
	if os.Geteuid() == 0 {
		common = append(common, "--no-sandbox") // which root cannot have
	}
	out, err := exec.CommandContext(ctx, chromium(t), append(common, args...)...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		t.Fatalf("%v: %s", err, failed.Stderr)
	}
	must(t, err)
	return out
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	t.Fatal("no Chromium: " + advised)
	return ""
}

const (
	dark, light = "0", "1" // of --blink-settings=preferredColorScheme
)

// site serves the report and the probe that measures it, and notes what else was asked for.
func site(t *testing.T) (address string, others func() []string) {
	t.Helper()
	page := written(t, New(fixture(t)))
	var lock sync.Mutex
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/report.html":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = w.Write([]byte(page))
		case "/probe.html":
			http.ServeFile(w, r, "testdata/probe.html")
		default:
			lock.Lock()
			asked = append(asked, r.URL.Path)
			lock.Unlock()
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL, func() []string {
		lock.Lock()
		defer lock.Unlock()
		return slices.DeleteFunc(slices.Clone(asked), func(path string) bool { return path == "/favicon.ico" })
	}
}

type measured struct {
	Shown   shown
	Layouts []layout
}

// shown is what the page says at the width of a desktop.
type shown struct {
	Title, Heading                                 string
	Values                                         map[string]string
	Stages, Unpriced, Models, Calls, Checks, Steps []string
	StageBar                                       []int
	CallBars, Columns                              [][]int
}

// layout is how the page lies in a window of a width, with all timelines open.
type layout struct {
	Width, Height, Sources, OpenAtFirst, ScrollWidth int
	Outside, Beyond, Overlaps, Unreadable, Unnamed   []string
	Background                                       string
}

var measuredJSON = regexp.MustCompile(`(?s)<pre id="measured">(.*?)</pre>`)

// probed is what was measured in each colour scheme: Chromium takes seconds to start.
var probed = map[string]measured{}

func probe(t *testing.T, scheme string) measured {
	t.Helper()
	m, known := probed[scheme]
	if !known {
		m = measure(t, scheme)
		probed[scheme] = m
	}
	return m
}

func measure(t *testing.T, scheme string) measured {
	t.Helper()
	address, others := site(t)
	dom := browser(t, scheme, "--window-size=1400,1000", "--dump-dom", address+"/probe.html")
	found := measuredJSON.FindSubmatch(dom)
	if found == nil {
		t.Fatalf("the probe measured nothing: %.2000s", dom)
	}
	var m measured
	must(t, json.Unmarshal([]byte(html.UnescapeString(string(found[1]))), &m))
	if asked := others(); len(asked) > 0 {
		t.Errorf("the page fetched %v", asked)
	}
	return m
}

// What a person reads is what the demo prints for the same metrics page: the README's table.
func TestBrowserShowsTheNumbers(t *testing.T) {
	got := probe(t, light).Shown
	if got.Title != "otelcol-voice: what 5 calls cost" || got.Heading != "What 5 calls cost, and how soon the bot answered" {
		t.Errorf("title %q, heading %q", got.Title, got.Heading)
	}
	values := map[string]string{"calls": "5", "cost": "$0.139872", "ttfb": "392 ms", "turn-latency": "845 ms", "interruptions": "1"}
	if !maps.Equal(got.Values, values) {
		t.Errorf("got %v, want %v", got.Values, values)
	}
	differ(t, "stages", got.Stages, []string{
		"Stage | Cost, USD | Share", "STT | 0.009879 | 7.1%", "LLM + unpriced | 0.011563 | 8.3%", "TTS | 0.118430 | 84.7%", "All | 0.139872 | at least",
	})
	differ(t, "unpriced", got.Unpriced, []string{
		"unpriced: 40 of completion.text, openai/acme-llm-1 (no_model)", "unpriced: 512 of prompt.text, openai/acme-llm-1 (no_model)",
	})
	differ(t, "models", got.Models, []string{
		"Model | Stage | Requests | Mean", "google/gemini-2.5-flash | LLM | 2 | 1040 ms", "anthropic/claude-haiku-4-5 | LLM | 2 | 715 ms",
		"openai/acme-llm-1 | LLM | 1 | 550 ms", "openai/gpt-4o | LLM | 3 | 430 ms", "openai/gpt-4o-mini | LLM | 2 | 300 ms",
		"cartesia/sonic-3.5 | TTS | 6 | 190 ms", "deepgram/aura-2 | TTS | 2 | 190 ms", "elevenlabs/eleven_flash_v2_5 | TTS | 2 | 190 ms",
	})
	differ(t, "calls", got.Calls, []string{
		"Call | Length | Turns | Prompt tokens | of it cached | Completion | Characters | Cost by stage | Cost",
		"a booking demo-164003-1 · hangup cartesia/sonic-3.5 · deepgram/nova-3 · openai/gpt-4o | 45.9 s | 3 | 3,413 | 2,048 | 113 | 445 |  | $0.030128",
		"support, cut off once demo-164003-2 · hangup elevenlabs/eleven_flash_v2_5 · gladia/solaria-1 · openai/gpt-4o-mini | 31.1 s | 2 1 cut off | 4,601 | 3,840 | 204 | 852 |  | $0.049604",
		"an interview demo-164003-3 · hangup anthropic/claude-haiku-4-5 · cartesia/sonic-3.5 · deepgram/nova-3 | 82.7 s | 2 | 8,330 | 7,600 | 183 | 773 |  | $0.043111",
		"a quiz that thinks demo-164003-4 · hangup deepgram/aura-2 · deepgram/nova-3 · google/gemini-2.5-flash | 25.6 s | 2 | 1,345 | 0 | 451 | 231 |  | $0.008789",
		"a model nobody knows demo-164003-5 · hangup cartesia/sonic-3.5 · deepgram/nova-3 · openai/acme-llm-1 " +
			"unpriced: openai/acme-llm-1 prompt.text: no_model unpriced: openai/acme-llm-1 completion.text: no_model | 17.0 s | 1 | 512 | 0 | 40 | 160 |  | $0.008240 + unpriced",
		"All 5 | 202.2 s |  | 18,201 | 13,488 | 991 | 2,461 |  | $0.139872 + unpriced",
	})
	differ(t, "checks", got.Checks, []string{
		"These 5 calls | Metrics page | Call summaries | Spans | ", "Cost, USD | 0.139872 | 0.139872 | 0.139872 | agree",
		"Length of calls, s | 202.217 | 202.217 | 202.217 | agree", "Prompt tokens | 18,201 | 18,201 | 18,201 | agree",
		"of them cached | 13,488 | 13,488 | 13,488 | agree", "Completion tokens | 991 | 991 | 991 | agree", "Characters spoken | 2,461 | 2,461 | 2,461 | agree",
	})
	differ(t, "steps of the costliest call", got.Steps, []string{
		"Step | Timeline 0 s 10 s 20 s | At | First byte | Used | Cost", "call |  | 0.0 s |  |  | $0.049604",
		"turn 1 cut off |  | 1.0 s | 540 ms |  | ",
		"llm openai/gpt-4o-mini |  | 7.0 s | 290 ms | 2,210 → 143 tokens | $0.000273",
		"tts elevenlabs/eleven_flash_v2_5 |  | 7.1 s | 190 ms | 612 characters | $0.030600",
		"stt gladia/solaria-1 |  | 7.3 s |  | 6.0 s of speech | by session",
		"turn 2 |  | 10.5 s | 560 ms |  | ",
		"llm openai/gpt-4o-mini |  | 13.0 s | 310 ms | 2,391 → 61 tokens | $0.000251",
		"tts elevenlabs/eleven_flash_v2_5 |  | 13.2 s | 190 ms | 240 characters | $0.012000",
		"stt gladia/solaria-1 |  | 13.3 s |  | 2.5 s of speech | by session",
	})
}

// What is drawn is as long and as high as what it stands for, to a pixel or two.
func TestBrowserDrawsToScale(t *testing.T) {
	got := probe(t, light).Shown
	scaled(t, "cost by stage", got.StageBar[:3], []float64{0.009879, 0.011563, 0.118430})
	scaled(t, "cost of the calls", []int{sum(got.CallBars[0]), sum(got.CallBars[1]), sum(got.CallBars[2]), sum(got.CallBars[3])},
		[]float64{0.030128, 0.049604, 0.043111, 0.008789})
	scaled(t, "first token", got.Columns[0], []float64{1, 2, 1, 2, 2, 1, 1})
	scaled(t, "turn latency", got.Columns[2], []float64{3, 3, 2, 1, 1})
	if len(got.StageBar) != 4 || len(got.CallBars[4]) != 3 || got.StageBar[3] < 10 || got.CallBars[4][2] < 5 {
		t.Errorf("what has no price is not drawn: %v, %v", got.StageBar, got.CallBars[4])
	}
}

func scaled(t *testing.T, what string, pixels []int, values []float64) {
	t.Helper()
	if len(pixels) != len(values) {
		t.Fatalf("%s: %v for %v", what, pixels, values)
	}
	most := slices.Max(values)
	for i, v := range values {
		if want := float64(slices.Max(pixels)) * v / most; math.Abs(float64(pixels[i])-want) > 2 {
			t.Errorf("%s: %d pixels for %v, want %.1f of %v", what, pixels[i], v, want, pixels)
		}
	}
}

func sum(numbers []int) int {
	total := 0
	for _, n := range numbers {
		total += n
	}
	return total
}

// Nothing leaves the window or its panel, no two labels meet, all text has the contrast of WCAG AA, every drawing has a name.
func TestBrowserLayout(t *testing.T) {
	for name, scheme := range map[string]struct{ setting, background string }{
		"light": {light, "rgb(244, 245, 245)"}, "dark": {dark, "rgb(17, 18, 23)"},
	} {
		for _, l := range probe(t, scheme.setting).Layouts {
			if l.ScrollWidth > l.Width || len(l.Outside)+len(l.Beyond)+len(l.Overlaps)+len(l.Unreadable)+len(l.Unnamed) > 0 {
				t.Errorf("%s, %d wide: %+v", name, l.Width, l)
			}
			if l.Background != scheme.background || l.OpenAtFirst != 1 {
				t.Errorf("%s, %d wide: on %s, %d timelines open", name, l.Width, l.Background, l.OpenAtFirst)
			}
		}
	}
}

// The pictures in the documents are of this page, opened as a file. With -update they are written anew; fonts differ from machine to
// machine, so they are not compared.
func TestBrowserPictures(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.html")
	must(t, os.WriteFile(file, []byte(written(t, New(fixture(t)))), 0o600))
	high := probe(t, light).Layouts[0].Sources
	for name, scheme := range map[string]string{"report.png": light, "report-dark.png": dark} {
		taken := filepath.Join(t.TempDir(), name)
		browser(t, scheme, "--window-size="+strconv.Itoa(across)+","+strconv.Itoa(high), "--screenshot="+taken, "file://"+file)
		if *update {
			must(t, shrink(taken, images+name))
		}
		for _, picture := range []string{taken, images + name} {
			check(t, picture, picture == taken, high)
		}
	}
}

// check looks whether a picture is one of the report: as wide, not blank, and if it is committed, small.
func check(t *testing.T, picture string, fresh bool, high int) {
	t.Helper()
	file, err := os.Open(picture)
	must(t, err)
	defer file.Close()
	info, err := file.Stat()
	must(t, err)
	decoded, err := png.Decode(file)
	must(t, err)
	size, colours := decoded.Bounds().Size(), len(coloursOf(decoded))
	if size.X != across || fresh && size.Y != high || colours < 50 {
		t.Errorf("%s: %v, %d colours", picture, size, colours)
	}
	if !fresh && info.Size() > atMost {
		t.Errorf("%s: %d bytes, more than %d", picture, info.Size(), atMost)
	}
}
