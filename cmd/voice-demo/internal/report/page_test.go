package report

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/otelcol-voice/otelcol-voice/cmd/voice-demo/internal/recorded"
)

func written(t *testing.T, r *Report) string {
	t.Helper()
	var out bytes.Buffer
	must(t, Write(&out, r))
	return out.String()
}

func TestNumbersAsText(t *testing.T) {
	for got, want := range map[string]string{
		USD(0.1 + 0.2): "0.300000", USD(0): "0.000000", USD(1234.5): "1234.500000",
		number(0): "0", number(999): "999", number(1000): "1,000", number(1234567.6): "1,234,568", number(-1000): "-1,000", number(-100): "-100",
		clock(0): "0 s", clock(59.4): "59 s", clock(59.6): "1 min 00 s", clock(202.2): "3 min 22 s", clock(3601): "60 min 01 s",
		percent(1, 8): "12.5%", percent(0, 0): "–",
		seconds(45.906): "45.9 s", milliseconds(594.6): "595 ms", Mean{}.Text(): "none",
		perMinute(Total{Seconds: 30, Cost: 0.5}): "$1.000000", perMinute(Total{}): "none", perMinute(Total{Seconds: 30, Incomplete: 1}): "unpriced",
		decimals(1500, 0): "1,500", decimals(0.1+0.2, 3): "0.300",
		stageName("stt"): "STT", stageName("realtime"): "realtime",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// The same money is the same text, whichever way it was added up.
func TestSnap(t *testing.T) {
	if a, b := 0.000776+0.0071025+0.02225, 0.02225+0.0071025+0.000776; USD(a) != USD(b) || USD(a) != USD(0.0301285) {
		t.Errorf("%s, %s, %s", USD(a), USD(b), USD(0.0301285))
	}
}

// The page fetches nothing, and runs nothing: it says so to the browser, and holds no address that a browser would load.
func TestPageIsSelfContained(t *testing.T) {
	page := written(t, New(fixture(t)))
	if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'"`) {
		t.Error("no policy against fetching")
	}
	if found := regexp.MustCompile(`(?i)<script|<link|<img|<iframe|@import|\bsrc=|\bhref=|url\([^#]|\son\w+=`).FindAllString(page, -1); found != nil {
		t.Errorf("it has %q", found)
	}
	if strings.Contains(page, "ZgotmplZ") {
		t.Error("the template refused a value")
	}
}

// Names come from bots.
func TestPageEscapes(t *testing.T) {
	in := fixture(t)
	evil := `<img src=x onerror=alert(1)>"'`
	in.Played[0].About = evil
	call := in.Calls["demo-164003-1"]
	call.Models, call.EndReason, call.Unpriced = []string{evil}, evil, []string{evil}
	in.Calls["demo-164003-1"] = call
	in.Spans["demo-164003-1"][2].Model = evil
	if page := written(t, New(in)); strings.Contains(page, "<img") {
		t.Error("a name became an element")
	}
}

// A call without a price is never shown as free.
func TestUnpricedIsNotFree(t *testing.T) {
	in := fixture(t)
	in.Played = in.Played[4:]
	call := in.Calls["demo-164003-5"]
	call.Cost, call.CostByStage = 0, nil
	in.Calls["demo-164003-5"] = call
	for i := range in.Spans["demo-164003-5"] {
		span := &in.Spans["demo-164003-5"][i]
		span.Cost, span.Priced, span.CostComplete = 0, false, false
	}
	delete(in.Page, metricCost)
	page := written(t, New(in))
	if found := regexp.MustCompile(`\$0\.0+\b`).FindAllString(page, -1); found != nil {
		t.Errorf("it shows %q", found)
	}
	if n := strings.Count(page, ">unpriced<"); n < 6 {
		t.Errorf("%d times unpriced", n)
	}
}

// A page of nothing is a page.
func TestPageOfNothing(t *testing.T) {
	for name, r := range map[string]*Report{
		"nothing":              New(&Input{}),
		"a call without spans": New(&Input{Played: []Played{{"a", "x"}}, Calls: map[string]recorded.Call{"a": {ID: "a", CostComplete: true}}}),
	} {
		if page := written(t, r); !strings.Contains(page, "</html>") {
			t.Errorf("%s: %s", name, page)
		}
	}
}

func TestPageSaysWhatIsTornAndOlder(t *testing.T) {
	r := New(fixture(t))
	if page := written(t, r); strings.Contains(page, "torn") || strings.Contains(page, `id="older"`) {
		t.Error("nothing is torn, and no call older")
	}
	r.Torn, r.Fleet.Calls = 2, 7
	page := written(t, r)
	for _, want := range []string{"2 records there are torn", "has counted 7 calls so far", "of the last 5.", "is of the 5 that the page still shows", "5 of 7 calls"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
}

// Every element is closed: a browser mends the rest in ways of its own.
func TestPageIsWellFormed(t *testing.T) {
	decoder := xml.NewDecoder(strings.NewReader(written(t, New(fixture(t)))))
	var open []string
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatalf("%v, within %v", err, open)
		}
		switch e := token.(type) {
		case xml.StartElement:
			open = append(open, e.Name.Local)
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}
