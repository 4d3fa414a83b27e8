package door

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/otelcol-voice/otelcol-voice/internal/call"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

func TestFindings(t *testing.T) {
	disregarded := func(why string) call.Fact { return call.Fact{Kind: call.Disregarded, Name: why} }
	for name, test := range map[string]struct {
		facts  []call.Fact
		frames []frame.Frame
		want   Findings
	}{
		"nothing": {},
		"facts that are signals": {
			facts: []call.Fact{{Kind: call.Opened}, {Kind: call.Failed, Name: call.ReasonClock}, {Kind: call.Ended, Name: "hangup"}},
		},
		"data that count nowhere, by reason": {
			facts: []call.Fact{
				disregarded(call.ReasonRepeated), disregarded(call.ReasonClock), {Kind: call.Used}, disregarded(call.ReasonRepeated),
			},
			want: Findings{Dropped: map[string]int{call.ReasonRepeated: 2, call.ReasonClock: 1}},
		},
		"calls without usage": {
			facts: []call.Fact{{Kind: call.UsageMissing}, {Kind: call.Ended}, {Kind: call.UsageMissing}},
			want:  Findings{WithoutUsage: 2},
		},
		"sentinels": {
			frames: []frame.Frame{{Sentinels: 2}, {}, {Sentinels: 3}},
			want:   Findings{Dropped: map[string]int{Sentinel: 5}},
		},
		"both": {
			facts:  []call.Fact{disregarded(call.ReasonSnapshot), {Kind: call.UsageMissing}},
			frames: []frame.Frame{{Sentinels: 1, Time: after(1)}},
			want: Findings{
				Dropped: map[string]int{call.ReasonSnapshot: 1, Sentinel: 1}, WithoutUsage: 1, Oldest: after(1),
			},
		},
		"the oldest is in the middle": {
			frames: []frame.Frame{{Time: after(2)}, {Time: after(1)}, {Time: after(3)}},
			want:   Findings{Oldest: after(1)},
		},
		"the oldest is the first": {
			frames: []frame.Frame{{Time: after(1)}, {Time: after(1)}, {Time: after(2)}},
			want:   Findings{Oldest: after(1)},
		},
		"no timestamp is not old": {
			frames: []frame.Frame{{}, {Time: after(2)}, {}},
			want:   Findings{Oldest: after(2)},
		},
		"no timestamps": {frames: []frame.Frame{{}, {}}, want: Findings{Oldest: time.Time{}}},
	} {
		t.Run(name, func(t *testing.T) {
			var found Findings
			for i := range test.facts { // each of its own frame
				found.Facts(test.facts[i : i+1])
			}
			for i := range test.frames {
				found.Frame(&test.frames[i])
			}
			assert.Equal(t, test.want, found)
		})
	}
}
