package pricing

import (
	"errors"
	"math/big"
	"strings"
)

// decimal is an exact number that is not negative: digits × 10^-scale.
type decimal struct {
	digits uint64
	scale  int
}

// Bounds of a decimal. A float64 in full has at most 17 digits that count, so whatever another catalogue holds fits; the zeros
// around them do not count.
const (
	maxDigits = 18
	maxLength = 64
)

var (
	errNoNumber   = errors.New("is empty; write a decimal such as 2.5")
	errNegative   = errors.New("must not be negative")
	errScientific = errors.New("scientific notation is refused; write the digits out, as in 0.0000025")
	errNotDecimal = errors.New("is not a decimal; write digits with at most one point, as in 2.5")
	errTooLong    = errors.New("has more than 18 digits that count")
)

// parseDecimal reads a number as people write prices: digits and at most one point.
func parseDecimal(text string) (decimal, error) {
	whole, fraction, point := strings.Cut(text, ".")
	switch {
	case text == "":
		return decimal{}, errNoNumber
	case text[0] == '-':
		return decimal{}, errNegative
	case whole == "" || point && fraction == "" || len(whole) > 1 && whole[0] == '0':
		return decimal{}, errNotDecimal
	}
	fraction = strings.TrimRight(fraction, "0")
	digits := strings.TrimLeft(whole+fraction, "0")
	if strings.Trim(digits, "0123456789") != "" {
		return decimal{}, strange(text)
	}
	if len(digits) > maxDigits || len(text) > maxLength {
		return decimal{}, errTooLong
	}
	d := decimal{scale: len(fraction)}
	for _, r := range digits {
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

// rat is the number as a fraction.
func (d decimal) rat() *big.Rat { return new(big.Rat).SetFrac(scaled(d.digits, 0), scaled(1, d.scale)) }

// scaled is n × 10^zeros.
func scaled(n uint64, zeros int) *big.Int {
	whole := new(big.Int).SetUint64(n)
	if zeros == 0 {
		return whole
	}
	return whole.Mul(whole, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(zeros)), nil))
}
