package pricing

import (
	"errors"
	"strings"
)

// decimal is an exact number that is not negative: digits × 10^-scale.
type decimal struct {
	digits uint64
	scale  int
}

// maxDigits bounds a decimal so that a price, its per and the seconds of an hour still make a fraction of 64-bit numbers.
const maxDigits = 15

var (
	errNoNumber   = errors.New("is empty; write a decimal such as 2.5")
	errNegative   = errors.New("must not be negative")
	errScientific = errors.New("scientific notation is refused; write the digits out, as in 0.0000025")
	errNotDecimal = errors.New("is not a decimal; write digits with at most one point, as in 2.5")
	errTooLong    = errors.New("has more than 15 digits")
)

// parseDecimal reads a number as people write prices: digits and at most one point.
func parseDecimal(text string) (decimal, error) {
	whole, fraction, point := strings.Cut(text, ".")
	digits := whole + fraction
	switch {
	case text == "":
		return decimal{}, errNoNumber
	case text[0] == '-':
		return decimal{}, errNegative
	case whole == "" || point && fraction == "" || len(whole) > 1 && whole[0] == '0':
		return decimal{}, errNotDecimal
	case len(digits) > maxDigits:
		return decimal{}, errTooLong
	}
	d := decimal{scale: len(fraction)}
	for _, r := range digits {
		if r < '0' || r > '9' {
			return decimal{}, strange(text)
		}
		d.digits = d.digits*10 + uint64(r-'0')
	}
	return d, nil
}

// strange says what is wrong with a number that has other characters than digits.
func strange(text string) error {
	if strings.ContainsAny(text[:1], "0123456789") && strings.ContainsAny(text, "eE") {
		return errScientific
	}
	return errNotDecimal
}
