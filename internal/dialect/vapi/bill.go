package vapi

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// money is the money of a call, which stands in the message, in its call, or in both. Costs and breakdown say the same money:
// one of them is taken, never both.
type money struct {
	Total     jsontext.Value            `json:"cost"`
	Costs     wire.List[jsontext.Value] `json:"costs"`
	Breakdown jsontext.Value            `json:"costBreakdown"`
}

type payment struct {
	Message struct {
		money
		Call struct {
			money
		} `json:"call"`
	} `json:"message"`
}

// taken is a datum of the bill, or why it could not be taken.
type taken struct {
	event frame.Event
	err   error
}

type takings []taken

func (t *takings) add(event frame.Event, err error) { *t = append(*t, taken{event, err}) }

func (t takings) into(fact *platform.Fact) {
	for i := range t {
		fact.Take(t[i].event, t[i].err)
	}
}

// bill is what was used and what it costs.
type bill struct {
	use    takings
	items  platform.Bill
	faults []error
	// workers transcribed, thought and spoke in the conversation itself; a squad's assistants may have several of a stage.
	workers []frame.Source
}

// fee is what no item names: it is Vapi's.
var fee = frame.Source{Stage: frame.Platform, Provider: "vapi"}

func readBill(body []byte) *bill {
	var in payment
	b := &bill{}
	if err := wire.Unmarshal(body, &in); err != nil {
		b.reject(err)
		return b
	}
	said, path := in.Message.money, "message"
	if said.empty() {
		said, path = in.Message.Call.money, "message.call"
	}
	switch {
	case len(said.Costs) > wire.MaxData:
		b.reject(frame.Faultf(frame.BadValue, path+".costs", "more than %d items in one call", wire.MaxData))
	case len(said.Costs) > 0:
		b.readItems(said.Costs, path+".costs")
		b.settle(said.Total, path+".cost")
	case !wire.Absent(said.Breakdown):
		b.readBreakdown(said.Breakdown, said.Total, path)
	default:
		b.settle(said.Total, path+".cost")
	}
	return b
}

func (m *money) empty() bool {
	return wire.Absent(m.Total) && len(m.Costs) == 0 && wire.Absent(m.Breakdown)
}

func (b *bill) reject(err error) { b.faults = append(b.faults, err) }

// rounding is by how much a total of Vapi's, rounded to a hundredth of a cent, can be less than its items.
const rounding = 1e-4

// settle puts what no item names onto Vapi's own account. Items that are more than the total stay as they are: which of both
// is wrong is not to be seen.
func (b *bill) settle(raw jsontext.Value, path string) {
	if wire.Absent(raw) {
		return
	}
	total, err := platform.USD(raw, path)
	switch {
	case err != nil:
		b.reject(err)
	case total >= b.items.Sum():
		b.items.Settle(total, fee)
	case b.items.Sum()-total > rounding:
		b.reject(frame.Faultf(frame.BadValue, path, "less than its items add up to: the items are taken"))
	}
}

func (b *bill) into(fact *platform.Fact) {
	b.items.Into(fact)
	for _, err := range b.faults {
		fact.Reject(err)
	}
}

// models are the call's defaults, which is whose the latencies are: who did the work of a stage, where that is one.
func (b *bill) models() []frame.Source {
	var models []frame.Source
	for _, source := range b.workers {
		other := func(worker frame.Source) bool { return worker.Stage == source.Stage && worker != source }
		if !slices.ContainsFunc(b.workers, other) && !slices.Contains(models, source) {
			models = append(models, source)
		}
	}
	return models
}
