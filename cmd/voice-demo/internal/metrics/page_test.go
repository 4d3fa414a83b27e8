package metrics

import (
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
)

const shown = `# TYPE voice_cost_usd_total counter
voice_cost_usd_total{call_id="a",cost_type="llm"} 0.5
voice_cost_usd_total{call_id="a",cost_type="tts"} 0.25
voice_cost_usd_total{call_id="b",cost_type="llm"} 2
# TYPE voice_session_duration_seconds gauge
voice_session_duration_seconds{call_id="a"} 74.2
# TYPE voice_ttfb_milliseconds histogram
voice_ttfb_milliseconds_bucket{stage="llm",le="100"} 0
voice_ttfb_milliseconds_bucket{stage="llm",le="200"} 1
voice_ttfb_milliseconds_bucket{stage="llm",le="+Inf"} 3
voice_ttfb_milliseconds_sum{stage="llm"} 1000
voice_ttfb_milliseconds_count{stage="llm"} 3
voice_ttfb_milliseconds_bucket{stage="tts",le="100"} 2
voice_ttfb_milliseconds_bucket{stage="tts",le="200"} 2
voice_ttfb_milliseconds_bucket{stage="tts",le="+Inf"} 2
voice_ttfb_milliseconds_sum{stage="tts"} 150
voice_ttfb_milliseconds_count{stage="tts"} 2
`

func TestSum(t *testing.T) {
	page, err := Parse(strings.NewReader(shown))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		metric string
		labels []Label
		want   float64
	}{
		{"voice_cost_usd_total", nil, 2.75},
		{"voice_cost_usd_total", []Label{{"call_id", "a"}}, 0.75},
		{"voice_cost_usd_total", []Label{{"call_id", "a"}, {"cost_type", "tts"}}, 0.25},
		{"voice_cost_usd_total", []Label{{"call_id", "c"}}, 0},
		{"voice_session_duration_seconds", []Label{{"call_id", "a"}}, 74.2},
		{"voice_no_such_metric", nil, 0},
	} {
		if got := page.Sum(test.metric, test.labels...); got != test.want {
			t.Errorf("%s %v: got %v, want %v", test.metric, test.labels, got, test.want)
		}
	}
}

func TestHistogram(t *testing.T) {
	page, err := Parse(strings.NewReader(shown))
	if err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	for _, test := range []struct {
		name   string
		labels []Label
		want   Histogram
		mean   float64
		any    bool
	}{
		{"one series", []Label{{"stage", "llm"}}, Histogram{3, 1000, []Bucket{{100, 0}, {200, 1}, {inf, 2}}}, 1000.0 / 3, true},
		{"both", nil, Histogram{5, 1150, []Bucket{{100, 2}, {200, 1}, {inf, 2}}}, 230, true},
		{"none", []Label{{"stage", "stt"}}, Histogram{}, 0, false},
	} {
		got := page.Histogram("voice_ttfb_milliseconds", test.labels...)
		if !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
		if mean, any := got.Mean(); mean != test.mean || any != test.any {
			t.Errorf("%s: mean %v %v, want %v %v", test.name, mean, any, test.mean, test.any)
		}
	}
}

func TestFetch(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/metrics" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write([]byte(shown))
	}))
	defer server.Close()
	page, err := Fetch(t.Context(), server.URL+"/metrics")
	if err != nil || page.Sum("voice_cost_usd_total") != 2.75 {
		t.Errorf("got %v, %v", page, err)
	}
	if _, err := Fetch(t.Context(), server.URL+"/other"); err == nil || !strings.Contains(err.Error(), "/other answered 404") {
		t.Errorf("a page that is not there: %v", err)
	}
}
