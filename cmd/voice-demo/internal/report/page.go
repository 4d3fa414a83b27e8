package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var style string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"style": func() template.CSS { return template.CSS(style) },
	"usd":   USD, "ms": milliseconds, "mean": mean, "number": number, "seconds": seconds, "clock": clock, "day": day,
	"decimals": decimals, "stageName": stageName, "percent": percent,
	"stack": stack, "callBars": callBars, "histogram": histogram, "ticks": ticks, "bar": bar, "costliest": costliest, "perMinute": perMinute,
	"last": last, "calls": func(t Total) float64 { return float64(t.Calls) },
}).Parse(pageText))

// Write writes the report as one HTML page that needs nothing beside itself.
func Write(w io.Writer, r *Report) error { return page.Execute(w, r) }

// USD is an amount as the demo prints it, to a millionth of a dollar.
func USD(amount float64) string { return fmt.Sprintf("%.6f", Snap(amount)) }

func milliseconds(ms float64) string { return fmt.Sprintf("%.0f ms", ms) }

// Text is a mean as the demo prints it.
func (m Mean) Text() string {
	if !m.Known {
		return "none"
	}
	return milliseconds(m.Milliseconds)
}

func mean(m Mean) string { return m.Text() }

// number groups the digits of a whole number by thousands.
func number(n float64) string {
	text := strconv.FormatFloat(math.Round(n), 'f', 0, 64)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

func decimals(n float64, places int) string {
	if places == 0 {
		return number(n)
	}
	return strconv.FormatFloat(Snap(n), 'f', places, 64)
}

func seconds(s float64) string { return fmt.Sprintf("%.1f s", s) }

// clock is a length as minutes and seconds.
func clock(s float64) string {
	whole := int(math.Round(s))
	if whole < 60 {
		return fmt.Sprintf("%d s", whole)
	}
	return fmt.Sprintf("%d min %02d s", whole/60, whole%60)
}

func day(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04:05 UTC") }

func percent(part, whole float64) string {
	if whole == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f%%", 100*part/whole)
}

// perMinute is the cost of a minute of call.
func perMinute(t Total) string {
	if t.Seconds == 0 {
		return "none"
	}
	if t.Cost == 0 && t.Incomplete > 0 {
		return "unpriced"
	}
	return "$" + USD(t.Cost/t.Seconds*60)
}

func stageName(stage string) string {
	switch stage {
	case "stt", "llm", "tts":
		return strings.ToUpper(stage)
	default:
		return stage
	}
}

// costliest is the index of the call that cost most.
func costliest(calls []Call) int {
	most := 0
	for i := range calls {
		if calls[i].Cost > calls[most].Cost {
			most = i
		}
	}
	return most
}
