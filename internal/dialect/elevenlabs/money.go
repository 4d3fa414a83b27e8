package elevenlabs

import (
	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// money takes what the call costs: the language models by llm_price, model by model, and the rest by cost_fiat, which is the
// whole, or by platform_price, which is the rest.
func (a *account) money(fact *platform.Fact) {
	a.settleThinking()
	bill := a.thinking.bill
	switch {
	case !wire.Absent(a.fiat):
		bill = a.addRest(bill)
	case !wire.Absent(a.PlatformPrice):
		bill.Charge(agent, a.usd(a.PlatformPrice, chargingPath+".platform_price"))
	default:
		a.refuseCredits()
	}
	bill.Into(fact)
	for _, err := range a.faults {
		fact.Reject(err)
	}
}

func (a *account) settleThinking() {
	if wire.Absent(a.LLMPrice) {
		return
	}
	total, err := platform.USD(a.LLMPrice, chargingPath+".llm_price")
	if err != nil {
		a.reject(err)
		return
	}
	a.thinking.bill.Settle(platform.Round(total), frame.Source{Stage: frame.LLM, Provider: vendor})
}

// rounding is by how much cost_fiat may be less than the part of it that llm_price is.
const rounding = 1e-4

func (a *account) addRest(bill platform.Bill) platform.Bill {
	const path = metadataPath + ".cost_fiat"
	total, err := platform.USD(a.fiat, path)
	switch {
	case err != nil:
		a.reject(err)
	case bill.Sum()-total > rounding:
		a.reject(frame.Faultf(frame.BadValue, path, "less than the price of the language models in it, which is taken"))
	default:
		bill.Charge(agent, platform.Round(total-bill.Sum()))
	}
	return bill
}

func (a *account) usd(raw jsontext.Value, path string) float64 {
	usd, err := platform.USD(raw, path)
	if err != nil {
		a.reject(err)
	}
	return usd
}

// refuseCredits says that the platform's share is not known as money. It costs the report nothing else.
func (a *account) refuseCredits() {
	for _, credits := range []struct {
		raw  jsontext.Value
		path string
	}{
		{a.credits, metadataPath + ".cost"},
		{a.CallCharge, chargingPath + ".call_charge"},
		{a.PlatformCharge, chargingPath + ".platform_charge"},
	} {
		if wire.Absent(credits.raw) || isZero(credits.raw) {
			continue
		}
		a.reject(frame.Faultf(frame.BadValue, credits.path, "credits cannot be converted to money: ElevenLabs tells money in "+
			"metadata.cost_fiat; without it the platform's share is priced by the minute from the price book (elevenlabs/agents)"))
		return
	}
}

func isZero(raw jsontext.Value) bool {
	n, err := wire.Number(raw, "", 0, 0)
	return err == nil && n == 0
}

// thinkingPriced says that the money of the language models is in the report.
func (a *account) thinkingPriced() bool {
	return a.thinking.priced || !wire.Absent(a.LLMPrice) || !wire.Absent(a.fiat)
}

// platformPriced says that the money of the platform's minutes is in the report; no credits are no money.
func (a *account) platformPriced() bool {
	return !wire.Absent(a.fiat) || !wire.Absent(a.PlatformPrice) || !wire.Absent(a.credits) && isZero(a.credits)
}
