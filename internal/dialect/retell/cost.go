package retell

import (
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/dialect/platform"
	"github.com/otelcol-voice/otelcol-voice/internal/dialect/wire"
	"github.com/otelcol-voice/otelcol-voice/internal/frame"
)

// cost is what a call costs, in cents. Combined is what the customer pays, after a discount that no product shows.
type cost struct {
	Combined jsontext.Value            `json:"combined_cost"`
	Products wire.List[jsontext.Value] `json:"product_costs"`
	Seconds  jsontext.Value            `json:"total_duration_seconds"`
}

type product struct {
	Name     string         `json:"product"`
	Cost     jsontext.Value `json:"cost"`
	Transfer bool           `json:"is_transfer_leg_cost"`
}

// fee is what no product names: it is Retell's.
var fee = frame.Source{Stage: frame.Platform, Provider: "retell"}

const costPath = "call.call_cost"

// takeCost takes what the call costs so far, as running totals: a later post adds what has grown.
func (in *post) takeCost(out *platform.Report) {
	raw := in.Call.Cost
	if wire.Absent(raw) {
		return
	}
	var said cost
	err := wire.Field(raw, costPath, &said)
	takeSeconds(out.Fact(in.running("platform", said.Seconds)), said.Seconds)
	money := out.Fact(in.running("money", raw))
	if err != nil {
		money.Reject(err)
		return
	}
	bill := readProducts(said.Products, money)
	settle(&bill, said.Combined, in.Event == callAnalyzed, money)
	for _, item := range bill {
		item.Running = true
		money.Take(item, nil)
	}
}

// settle makes the bill add up to what the customer pays. The rest that no product names is booked when the bill is final: a
// later post may name a part of it.
func settle(bill *platform.Bill, combined jsontext.Value, final bool, money *platform.Fact) {
	if wire.Absent(combined) {
		return
	}
	total, err := platform.Cents(combined, costPath+".combined_cost")
	switch {
	case err != nil:
		money.Reject(err)
	case final || total < bill.Sum():
		bill.Settle(total, fee)
	}
}

func takeSeconds(fact *platform.Fact, raw jsontext.Value) {
	if wire.Absent(raw) {
		return
	}
	seconds, err := wire.Number(raw, costPath+".total_duration_seconds", 0, frame.MaxSeconds)
	fact.Take(frame.Event{Kind: frame.PlatformUsed, Source: fee, Value: seconds, Running: true, Priced: true}, err)
}

// readProducts is the bill by product; a product that stands there twice is one item.
func readProducts(products []jsontext.Value, faulty *platform.Fact) platform.Bill {
	if err := tooMany(products, costPath+".product_costs"); err != nil {
		faulty.Reject(err)
		return nil
	}
	var items platform.Fact
	for i, raw := range products {
		source, usd, err := readProduct(raw, fmt.Sprintf("%s.product_costs[%d]", costPath, i))
		if err != nil {
			faulty.Reject(err)
			continue
		}
		items.Take(frame.Event{Kind: frame.Charged, Source: source, Value: usd}, nil)
	}
	faulty.Faults = append(faulty.Faults, items.Faults...)
	return items.Events
}

func readProduct(raw jsontext.Value, path string) (frame.Source, float64, error) {
	var in product
	if err := wire.Field(raw, path, &in); err != nil {
		return frame.Source{}, 0, err
	}
	usd, err := platform.Cents(in.Cost, path+".cost")
	return in.source(), usd, err
}

// source files a product by the words of its name, the first rule that fits. The name itself stands for the model: Retell does
// not say which of a maker's models a product is.
//
//	transfer leg, whatever it is                       transport
//	tts                                                tts
//	asr, stt, transcription, transcriber               stt
//	telephony, sip, pstn, twilio, telnyx, vonage       transport
//	realtime, s2s                                      realtime
//	llm, or a family of language models (gpt, claude)  llm
//	else (retell_platform, voice_engine, …)            platform
func (p *product) source() frame.Source {
	source := frame.Source{Stage: frame.Platform, Provider: platform.Maker(p.Name), Model: wire.Text(p.Name)}
	words := platform.Words(p.Name)
	for _, rule := range rules {
		if rule.fits(words) {
			source.Stage = rule.stage
			break
		}
	}
	if p.Transfer {
		source.Stage = frame.Transport
	}
	if source.Provider == "" {
		source.Provider = fee.Provider
	}
	return source
}

// rule files the products that have one of its words, or a word that begins with one of its families.
type rule struct {
	stage    frame.Stage
	words    []string
	families []string
}

var rules = []rule{
	{stage: frame.TTS, words: []string{"tts"}},
	{stage: frame.STT, words: []string{"asr", "stt", "transcription", "transcriber"}},
	{stage: frame.Transport, words: []string{"telephony", "sip", "pstn", "twilio", "telnyx", "vonage"}},
	{stage: frame.Realtime, words: []string{"realtime", "s2s"}},
	{
		stage: frame.LLM, words: []string{"llm", "o1", "o3", "o4"},
		families: []string{"gpt", "chatgpt", "claude", "gemini", "llama", "deepseek", "grok", "qwen", "mistral"},
	},
}

func (r *rule) fits(words []string) bool {
	for _, word := range words {
		for _, wanted := range r.words {
			if word == wanted {
				return true
			}
		}
		for _, family := range r.families {
			if strings.HasPrefix(word, family) {
				return true
			}
		}
	}
	return false
}
