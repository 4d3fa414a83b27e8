package costprocessor

import (
	"slices"
	"time"

	"github.com/otelcol-voice/otelcol-voice/internal/pricing"
	"github.com/otelcol-voice/otelcol-voice/internal/sum"
)

const (
	// maxAccounts bounds what one counter comes to under different names. Beyond it, the one that was billed longest ago is
	// forgotten: its answer has long arrived.
	maxAccounts = 32
	// repeatFor is how long an answer is given once more after another took its place, in case it got lost.
	repeatFor = time.Hour
)

// label is what the answers of a counter are told apart by: answers with another label are another series, which begins with
// nothing. A book that is loaded anew may name things differently.
type label struct {
	kind     pricing.Kind
	reason   pricing.Reason
	nameless bool
	provider string
	costType string
	version  string // and
	basis    string // where points have them
}

// account is what a counter has come to under one label: US dollars where it is priced, else units without a price.
type account struct {
	label
	doubt  doubt // of what was billed last
	at     int64 // arrival of that
	billed sum.Sum
}

func labelOf(u *usage) label {
	return label{
		kind: u.Kind, reason: u.result.Reason, nameless: u.result.Nameless, provider: u.result.Provider, costType: u.costType,
		version: u.version, basis: u.basis,
	}
}

// last is the account of a kind that was billed last, or nil.
func (c *counter) last(kind pricing.Kind) *account {
	for i := len(c.accounts) - 1; i >= 0; i-- {
		if c.accounts[i].kind == kind {
			return &c.accounts[i]
		}
	}
	return nil
}

// others are the accounts whose answer may have got lost when that of another took its place.
func (c *counter) others(now time.Time) []account {
	var others []account
	for i := range c.accounts {
		if a := &c.accounts[i]; now.UnixNano()-a.at < int64(repeatFor) && c.last(a.kind) != a {
			others = append(others, *a)
		}
	}
	return others
}

// bill adds what a usage came to to its account, and puts what is in the account in its place.
func (c *counter) bill(of label, u *usage, now time.Time) {
	a := account{label: of, doubt: u.doubt(), at: now.UnixNano()}
	at := slices.IndexFunc(c.accounts, func(a account) bool { return a.label == of })
	switch {
	case at >= 0:
		a.billed = c.accounts[at].billed
		c.accounts = slices.Delete(c.accounts, at, at+1)
	case len(c.accounts) >= maxAccounts:
		c.accounts = slices.Delete(c.accounts, 0, 1)
	}
	a.billed.Add(*u.amount())
	*u.amount() = a.billed.Value()
	c.accounts = append(c.accounts, a)
}

// amount is where a usage's answer is: money if it is priced, else units.
func (u *usage) amount() *float64 {
	if u.result.Reason == pricing.Priced {
		return &u.result.USD
	}
	return &u.value
}

// repeat answers with what is in the account.
func (a *account) repeat(u *usage) outcome {
	u.result = pricing.Result{Reason: a.reason, Provider: a.provider, Nameless: a.nameless}
	u.costType, u.repeated = a.costType, a.doubt
	u.version, u.basis = a.version, a.basis
	*u.amount() = a.billed.Value()
	switch {
	case a.reason == pricing.Priced:
		return priced
	case a.reason == pricing.UnitMismatch && u.paired:
		return covered
	}
	return unpriced
}
