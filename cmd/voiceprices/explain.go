package main

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
)

// explain says what usage costs and why.
func explain(args []string, w world) error {
	var from source
	var base request
	var at moment
	var asJSON bool
	flags := flagsOf("explain", "KIND=QUANTITY… | -", w)
	from.addFlags(flags.FlagSet)
	base.addFlags(flags.FlagSet)
	flags.Var(&at, "at", "the `moment` of the use (default now)")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	rest, err := flags.parse(args)
	if err != nil {
		return err
	}
	base.At = at.or(w.now().UTC().Truncate(time.Second))
	requests, err := asked(rest, base, w)
	if err != nil {
		return err
	}
	book, err := from.book(w)
	if err != nil {
		return err
	}
	answers, err := answer(book, requests)
	if err != nil {
		return err
	}
	if asJSON {
		err = writeJSON(w.out, answers)
	} else {
		showAnswers(w, answers)
	}
	if err == nil && !complete(answers) {
		err = errFinding
	}
	return err
}

// asked are the requests of the arguments, or of what comes in.
func asked(args []string, base request, w world) ([]request, error) {
	if len(args) == 1 && args[0] == "-" {
		return readRequests(w.in, base)
	}
	err := base.read(args)
	return []request{base}, err
}

// answered is what a request costs: its parts, and their sum as far as they have a price.
type answered struct {
	Usages []explained `json:"usages"`
	USD    float64     `json:"usd"`
	// Complete says that every part has a price or is billed with another one.
	Complete bool `json:"complete"`
}

// explained is a part of a request.
type explained struct {
	pricing.Explanation
	// Covered is the kind of the part with which the same use is billed, if it is.
	Covered string `json:"covered_by,omitempty"`
}

func answer(book *pricing.Book, requests []request) ([]answered, error) {
	answers := make([]answered, len(requests))
	for i := range requests {
		usages, err := requests[i].usages()
		if err != nil {
			return nil, err
		}
		answers[i] = total(book, usages)
	}
	return answers, nil
}

// total explains usages and adds them up as they are written, so that the sum is what one would expect of the parts.
func total(book *pricing.Book, usages []pricing.Usage) answered {
	a := answered{Complete: true}
	for i := range usages {
		a.Usages = append(a.Usages, explained{Explanation: book.Explain(&usages[i])})
	}
	sum := new(big.Rat)
	for i := range a.Usages {
		e := &a.Usages[i]
		e.Covered = a.covers(e, usages[i].Kind)
		switch {
		case e.USD != nil:
			part, _ := new(big.Rat).SetString(amount(*e.USD))
			sum.Add(sum, part)
		case e.Covered != "":
			e.Reason, e.Detail = "", ""
		default:
			a.Complete = false
		}
	}
	a.USD, _ = sum.Float64()
	return a
}

// covers is the kind of a part that bills the same use as one without a price, or "".
func (a *answered) covers(e *explained, kind pricing.Kind) string {
	if e.Reason != pricing.UnitMismatch.String() {
		return ""
	}
	for _, other := range a.Usages {
		pair, _ := pricing.KindNamed(other.Asked.Usage)
		if other.USD != nil && slices.Contains(kind.Pairs(), pair) {
			return other.Asked.Usage
		}
	}
	return ""
}

func complete(answers []answered) bool {
	for _, a := range answers {
		if !a.Complete {
			return false
		}
	}
	return true
}

func showAnswers(w world, answers []answered) {
	for i, a := range answers {
		if i > 0 {
			fmt.Fprintln(w.out)
		}
		way := ""
		for _, e := range a.Usages {
			showExplanation(w, &e, way)
			way = found(&e.Explanation)
		}
		a.showTotal(w)
	}
}

func (a *answered) showTotal(w world) {
	missing := 0
	for _, e := range a.Usages {
		if e.USD == nil && e.Covered == "" {
			missing++
		}
	}
	switch {
	case missing == len(a.Usages):
		fmt.Fprintln(w.out, "total: no price")
	case missing > 0:
		fmt.Fprintf(w.out, "total: %s USD, without %s that has no price\n", amount(a.USD), counted(missing, "usage"))
	default:
		fmt.Fprintf(w.out, "total: %s USD\n", amount(a.USD))
	}
	fmt.Fprintf(w.out, "prices: %s, at %s\n", a.Usages[0].Version, a.Usages[0].Asked.At)
}

// showExplanation prints how a usage came to its price. The way to its model is left out where it was the one before.
func showExplanation(w world, e *explained, before string) {
	fmt.Fprintln(w.out, heading(&e.Explanation))
	t := newTable(w.out)
	if way := found(&e.Explanation); way != before {
		t.row("  model", way)
	}
	for _, c := range e.Rows {
		showCandidate(t, &c)
	}
	for _, line := range e.Arithmetic {
		t.row("  amount", line)
	}
	if e.Covered != "" {
		t.row("  covered", "this use is billed as "+e.Covered)
	}
	if e.Detail != "" {
		t.row("  no price", e.Reason+": "+e.Detail)
	}
	if e.Estimate != "" {
		t.row("  estimate", estimates[e.Estimate])
	}
	t.flush()
	fmt.Fprintln(w.out)
}

func heading(e *pricing.Explanation) string {
	words := []string{e.Asked.Usage, "=", quantity(e), "of", named(e.Asked.Provider, e.Asked.Model)}
	return strings.Join(words, " ")
}

func quantity(e *pricing.Explanation) string {
	text := amount(e.Asked.Quantity) + " " + e.Asked.Unit
	if e.Asked.Quantity != 1 {
		text += "s"
	}
	return text
}

func named(provider, model string) string {
	switch {
	case provider == "" && model == "":
		return "nobody"
	case provider == "":
		return model
	case model == "":
		return provider
	}
	return provider + "/" + model
}

// found is the way to the model: what was looked for, the last of which is in the book.
func found(e *pricing.Explanation) string {
	var steps []string
	for _, step := range e.Lookup {
		word := "no"
		if step.Found {
			word = "yes"
		}
		steps = append(steps, fmt.Sprintf("%s %q: %s", step.How, step.Name, word))
	}
	if len(steps) == 0 {
		return "none was named"
	}
	return strings.Join(steps, "; ")
}

func showCandidate(t table, c *pricing.Candidate) {
	words := []string{c.Price}
	for _, more := range []string{c.Conditions, c.Rounding} {
		if more != "" {
			words = append(words, more)
		}
	}
	price := strings.Join(words, ", ")
	if !c.Applies {
		t.row("  not", c.Place, price, c.Why)
		return
	}
	t.row("  row", c.Place, price, evidence(c))
	if c.Note != "" {
		t.row("", "", "note: "+c.Note)
	}
}

// evidence is how we know a price.
func evidence(c *pricing.Candidate) string {
	var words []string
	if c.Verified != "" {
		words = append(words, "verified "+c.Verified)
	}
	if c.Confidence != "" {
		words = append(words, c.Confidence)
	}
	if c.Source != "" {
		words = append(words, c.Source)
	}
	return strings.Join(words, ", ")
}

// estimates are why an amount is one, in words.
var estimates = map[string]string{
	pricing.EstimateRounding.String(): "the vendor rounds up, which needs single uses and not their sum: it may bill more",
	pricing.EstimateContext.String():  "the price depends on the size of the request, which is unknown: the vendor may bill more",
}
