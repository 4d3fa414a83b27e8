package report

import (
	"math"
	"strconv"
)

// Segment is a part of a bar, in percent of the drawing's width.
type Segment struct {
	Stage    string
	X, W     float64
	Unpriced bool // of unknown size: a stub of a fixed width stands for it
	Text     string
}

// stub is how wide what has no price is drawn, in percent.
const stub = 5

// stack is the stages side by side, all of them width percent wide if they cost whole, and behind them a stub if anything has no
// price.
func stack(stages []StageCost, whole, width float64) []Segment {
	var segments []Segment
	x, unpriced := 0.0, ""
	for _, s := range stages {
		if s.Unpriced {
			unpriced = s.Stage
		}
		if s.Cost > 0 && whole > 0 {
			w := width * s.Cost / whole
			segments = append(segments, Segment{Stage: s.Stage, X: round(x), W: round(w), Text: stageName(s.Stage) + " $" + USD(s.Cost)})
			x += w
		}
	}
	if unpriced != "" {
		segments = append(segments, Segment{Stage: unpriced, X: round(x), W: stub, Unpriced: true, Text: stageName(unpriced) + ": unpriced"})
	}
	return segments
}

// callBars draws calls to one scale: the costliest fills the width, but for the room of a stub.
func callBars(calls []Call) [][]Segment {
	if len(calls) == 0 {
		return nil
	}
	most := calls[costliest(calls)].Cost
	bars := make([][]Segment, len(calls))
	for i := range calls {
		bars[i] = stack(calls[i].Stages, most, 100-stub)
	}
	return bars
}

// Column is a bucket as drawn, in percent of the drawing; Y is its top.
type Column struct {
	Count      float64
	From, To   string // milliseconds
	X, Y, W, H float64
	Middle     float64
}

// gap is the room between columns, as a share of their width.
const gap = 0.06

// histogram draws each bucket equally wide, whatever its bounds, and the fullest as high as the drawing.
func histogram(l Latency) []Column {
	most := 0.0
	for _, b := range l.Buckets {
		most = max(most, b.Count)
	}
	columns := make([]Column, len(l.Buckets))
	width := 100 / float64(len(l.Buckets))
	for i, b := range l.Buckets {
		x := float64(i) * width
		columns[i] = Column{
			Count: b.Count, From: bound(b.From), To: bound(b.To),
			X: round(x), W: round(width * (1 - gap)), Middle: round(x + width*(1-gap)/2), Y: 100,
		}
		if most > 0 {
			columns[i].H = round(100 * b.Count / most)
			columns[i].Y = 100 - columns[i].H
		}
	}
	return columns
}

// last is the last column, nil of none.
func last(columns []Column) *Column {
	if len(columns) == 0 {
		return nil
	}
	return &columns[len(columns)-1]
}

func bound(ms float64) string {
	if math.IsInf(ms, 1) {
		return "∞"
	}
	return strconv.FormatFloat(ms, 'f', -1, 64)
}

// Tick is a mark on the time axis.
type Tick struct {
	X    float64 // percent
	Text string
}

// steps between ticks that people count in, in seconds.
var tickSteps = []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600}

const mostTicks = 6

// ticks divides a length so that no more than six parts come out.
func ticks(length float64) []Tick {
	if length <= 0 {
		return nil
	}
	step := tickSteps[len(tickSteps)-1]
	for _, s := range tickSteps {
		if length/s <= mostTicks {
			step = s
			break
		}
	}
	step = max(step, length/mostTicks)
	var all []Tick
	for n := 0; float64(n)*step <= length*0.93; n++ {
		at := float64(n) * step
		all = append(all, Tick{X: round(100 * at / length), Text: strconv.FormatFloat(math.Round(at*10)/10, 'f', -1, 64) + " s"})
	}
	return all
}

// bar is where a step lies in its call.
func bar(s Step, length float64) Segment {
	if length <= 0 {
		return Segment{Stage: s.Name}
	}
	from, to := clamp(s.From/length), clamp(s.To/length)
	return Segment{Stage: s.Name, X: round(100 * from), W: round(100 * (to - from))}
}

func clamp(share float64) float64 { return min(1, max(0, share)) }

// round keeps a hundredth of a percent, which is less than a pixel.
func round(percent float64) float64 { return math.Round(percent*100) / 100 }
