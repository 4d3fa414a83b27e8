package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// request is what was used together: the kinds of one request, whose prompt is the size that context tiers go by.
type request struct {
	Provider string `json:"provider,omitempty"`
	Model    string `json:"model,omitempty"`
	// Usage are quantities by kind, as decimals written out.
	Usage map[string]json.Number `json:"usage"`
	// RequestTokens is the size of the request, where it is not the sum of its prompt.
	RequestTokens int64     `json:"request_tokens,omitempty"`
	ServiceTier   string    `json:"service_tier,omitempty"`
	Region        string    `json:"region,omitempty"`
	Channels      int64     `json:"channels,omitempty"`
	Aggregate     bool      `json:"aggregate,omitempty"`
	At            time.Time `json:"at,omitzero"`
}

func (r *request) addFlags(flags *flag.FlagSet) {
	flags.StringVar(&r.Provider, "provider", "", "the `provider`, as the bot reports it")
	flags.StringVar(&r.Model, "model", "", "the `model`, as the bot reports it")
	flags.Int64Var(&r.RequestTokens, "request-tokens", 0, "the input `tokens` of the whole request (default the sum of the prompt)")
	flags.StringVar(&r.ServiceTier, "tier", "", "the service `tier`")
	flags.StringVar(&r.Region, "region", "", "the `region`")
	flags.Func("channels", "how many `channels` were transcribed (default 1)", r.setChannels)
	flags.BoolVar(&r.Aggregate, "aggregate", false, "the quantities are sums of many uses, to which no minimum and no rounding applies")
}

// maxChannels is more than any recording has.
const maxChannels = 64

func (r *request) setChannels(text string) error {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 1 || n > maxChannels {
		return fmt.Errorf("must be a whole number from 1 to %d", maxChannels)
	}
	r.Channels = n
	return nil
}

// check says what no request has. Without a number of channels there is one.
func (r *request) check() error {
	switch {
	case r.Channels < 0 || r.Channels > maxChannels:
		return fmt.Errorf("channels is %d; it must be from 1 to %d", r.Channels, maxChannels)
	case r.RequestTokens < 0:
		return fmt.Errorf("the tokens of the request are %d; they must not be negative", r.RequestTokens)
	}
	return nil
}

// read takes quantities of arguments like prompt.text=146.
func (r *request) read(args []string) error {
	r.Usage = map[string]json.Number{}
	for _, arg := range args {
		kind, quantity, is := strings.Cut(arg, "=")
		if !is {
			return fmt.Errorf("%q is not KIND=QUANTITY, such as prompt.text=146", arg)
		}
		if _, twice := r.Usage[kind]; twice {
			return fmt.Errorf("%s is there twice; add it up", kind)
		}
		r.Usage[kind] = json.Number(quantity)
	}
	return nil
}

// readRequests takes requests of JSON, one after the other or in a list. What they leave out is as the flags say.
func readRequests(in io.Reader, base request) ([]request, error) {
	decoder := json.NewDecoder(in)
	decoder.DisallowUnknownFields()
	var all []request
	for {
		var raw json.RawMessage
		switch err := decoder.Decode(&raw); {
		case errors.Is(err, io.EOF) && len(all) > 0:
			return all, nil
		case errors.Is(err, io.EOF):
			return nil, errors.New(`there is no usage; write {"model": "gpt-4o", "usage": {"prompt.text": 146}}`)
		case err != nil:
			return nil, fmt.Errorf("what comes in is no JSON: %w", err)
		}
		some, err := requestsOf(raw, base)
		if err != nil {
			return nil, fmt.Errorf("request %d: %w", len(all)+1, err)
		}
		all = append(all, some...)
	}
}

func requestsOf(raw json.RawMessage, base request) ([]request, error) {
	if raw[0] != '[' {
		err := strict(raw, &base)
		return []request{base}, err
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	all := make([]request, len(list))
	for i := range list {
		all[i] = base
		if err := strict(list[i], &all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// strict refuses keys that it does not know and keys that are there twice, of which one would be lost.
func strict(raw json.RawMessage, into any) error {
	if _, err := jsontext.NewDecoder(bytes.NewReader(raw)).ReadValue(); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// usages are what the book is asked, in the order of the kinds.
func (r *request) usages() ([]pricing.Usage, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	var usages []pricing.Usage
	left := len(r.Usage)
	for _, kind := range pricing.Kinds() {
		text, used := r.Usage[kind.String()]
		if !used {
			continue
		}
		left--
		quantity, err := quantityOf(text.String())
		if err != nil {
			return nil, fmt.Errorf("%s=%s: %w", kind, text, err)
		}
		usages = append(usages, r.usage(kind, quantity))
	}
	if left > 0 {
		return nil, r.unknownKind()
	}
	if len(usages) == 0 {
		return nil, errors.New("there is no usage; write KIND=QUANTITY, such as prompt.text=146")
	}
	r.size(usages)
	return usages, nil
}

func (r *request) usage(kind pricing.Kind, quantity pricing.Quantity) pricing.Usage {
	return pricing.Usage{
		Provider: r.Provider, Model: r.Model, Kind: kind, Quantity: quantity,
		ServiceTier: r.ServiceTier, Region: r.Region, Channels: r.Channels, Single: !r.Aggregate, At: r.At,
	}
}

// size says of each usage how large the whole request is.
func (r *request) size(usages []pricing.Usage) {
	total := r.RequestTokens
	for _, u := range usages {
		if r.RequestTokens == 0 && strings.HasPrefix(u.Kind.String(), "prompt.") {
			total += int64(u.Quantity.Float())
		}
	}
	if r.Aggregate && r.RequestTokens == 0 {
		total = 0
	}
	for i := range usages {
		usages[i].RequestTokens = total
	}
}

func (r *request) unknownKind() error {
	known := map[string]bool{}
	var names []string
	for _, kind := range pricing.Kinds() {
		known[kind.String()] = true
		names = append(names, kind.String())
	}
	for kind := range r.Usage {
		if !known[kind] {
			return fmt.Errorf("%q is no kind of usage; it must be one of %s", kind, strings.Join(names, ", "))
		}
	}
	return nil
}

// quantityOf reads a quantity: a whole number, or one with a fraction, which becomes the nearest float64 as it does in a
// metric.
func quantityOf(text string) (pricing.Quantity, error) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		if quantity, is := pricing.Count(n); is {
			return quantity, nil
		}
	} else if f, err := strconv.ParseFloat(text, 64); err == nil {
		if quantity, is := pricing.Measure(f); is {
			return quantity, nil
		}
	}
	return pricing.Quantity{}, errors.New("must be a number that is not negative")
}
