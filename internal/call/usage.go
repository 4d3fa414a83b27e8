package call

import (
	"math"

	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// amounts are what a report says of one quantity: the leaves of tokens, or the first element of another quantity.
type amounts [frame.Leaves]float64

// amountsOf is what an event says.
func amountsOf(e *frame.Event) amounts {
	if e.Kind != frame.TokensUsed {
		return amounts{e.Value}
	}
	var a amounts
	for leaf, count := range e.Tokens {
		a[leaf] = float64(count)
	}
	return a
}

// reduce takes less away and says whether that was anything. What less has of the amounts goes from there as well.
func (a *amounts) reduce(less *amounts) bool {
	reduced := false
	for i := range a {
		if taken := min(a[i], less[i]); taken > 0 {
			a[i], less[i] = onPaper(a[i]-taken), onPaper(less[i]-taken)
			reduced = true
		}
	}
	return reduced
}

// raise makes a the greater of both and returns by how much.
func (a *amounts) raise(to *amounts) amounts {
	var by amounts
	for i := range a {
		if to[i] > a[i] {
			by[i], a[i] = onPaper(to[i]-a[i]), to[i]
		}
	}
	return by
}

func (a *amounts) add(more *amounts) {
	for i := range a {
		a[i] = onPaper(a[i] + more[i])
	}
}

// onPaper rounds a sum or difference of decimals to what it is on paper: 0.3-0.1 is 0.2. No report is finer.
func onPaper(v float64) float64 { return math.Round(v*1e9) / 1e9 }

func (a *amounts) zero() bool { return *a == amounts{} }

// prompt are the amounts of the input alone.
func (a *amounts) prompt() amounts {
	var p amounts
	copy(p[:frame.PromptVideo+1], a[:])
	return p
}

// quantities says what an event's kind counts.
var quantities = [...]Quantity{
	frame.TokensUsed: Tokens, frame.CharactersUsed: Characters, frame.AudioTranscribed: AudioSeconds,
	frame.RealtimeConnected: RealtimeSession, frame.TransportUsed: TransportSeconds, frame.PlatformUsed: PlatformSeconds,
	frame.Charged: Money,
}

// quantityOf is what a kind counts, or 0.
func quantityOf(kind frame.Kind) Quantity {
	if int(kind) < len(quantities) {
		return quantities[kind]
	}
	return 0
}

// used takes events of what was used. What the call has told before in another way counts nowhere.
func (s *step) used(e *frame.Event) bool {
	quantity := quantityOf(e.Kind)
	if quantity == 0 {
		return false
	}
	s.told = true
	u := Usage{
		Source: s.user(e, quantity), Quantity: quantity, Request: e.Tokens.Request(), Terms: e.Terms,
		Paired: e.Paired, Priced: e.Priced,
	}
	a := amountsOf(e)
	again := s.trust(e, &u, &a)
	if u.Source.Stage == frame.STT {
		s.hear(&u, a[0])
	}
	if !a.zero() {
		s.useAll(&u, &a, s.operationOf(e, u.Source, quantity, again))
	}
	return true
}

// user is who used something. Money tells nothing of who transcribes.
func (s *step) user(e *frame.Event, quantity Quantity) frame.Source {
	if quantity == Money {
		return s.fill(e.Source)
	}
	return s.complete(e.Source)
}

// hear notes what a listener reported. Audio is paired with the session time that settle will report for it. After the
// call's end there is none to come, and a listener that bills sessions leaves late audio without a price, visibly.
func (s *step) hear(u *Usage, seconds float64) {
	if u.Priced || u.Quantity == Money {
		s.listeners.priced = true
	}
	switch u.Quantity {
	case AudioSeconds:
		s.listeners.hear(seconds)
		u.Paired = !s.ended && known(u.Source)
	case Tokens:
		s.listeners.hear(0)
	}
}

// trust takes away what was counted before, and says whether the rest is of a request that was told of before.
func (s *step) trust(e *frame.Event, u *Usage, a *amounts) (again bool) {
	if e.Running {
		u.Request = 0 // a total is of several
		s.difference(u, a)
		return false
	}
	if a.zero() {
		return false
	}
	if e.Growing && u.Quantity == Tokens {
		again = s.reports.grow(u.Source, s.at, a)
		if again {
			s.disregard(u.Source, ReasonSnapshot)
		}
	}
	if s.reports.single(u, a) {
		s.disregard(u.Source, ReasonRepeated)
	}
	return again
}

func (s *step) difference(u *Usage, a *amounts) {
	if s.reports.singly(u) || !s.reports.difference(u, a) {
		*a = amounts{}
		s.disregard(u.Source, ReasonRepeated)
	}
}

// useAll makes known each leaf's amount, and puts it on an operation where there is one.
func (s *step) useAll(u *Usage, a *amounts, on *Operation) {
	for leaf, amount := range a {
		if amount <= 0 {
			continue
		}
		u.Leaf, u.Amount = frame.Leaf(leaf), amount
		s.use(*u, s.id)
		if on != nil {
			on.Usage = append(on.Usage, TimedUsage{Usage: *u, Time: s.at, FrameID: s.id})
		}
	}
}

func (s *step) use(u Usage, id frame.ID) {
	if !s.ended {
		s.usage.add(&u, s.at, id)
	}
	s.say(Fact{Kind: Used, FrameID: id, Usage: u})
}
