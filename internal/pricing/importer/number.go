package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strconv"
	"strings"
)

// number is a decimal that is not negative, exactly: digits × 10^exponent, in lowest terms. No digits are 0.
type number struct {
	digits   string
	exponent int
}

// Bounds of what a row can hold: digits that count, and zeros around them.
const (
	maxDigits   = 18
	maxExponent = 40
)

var (
	errNegative  = errors.New("is negative")
	errNotNumber = errors.New("is not a number")
	errRange     = errors.New("is out of range")
)

// parseNumber reads a number as JSON writes them, 7.5e-08 included.
func parseNumber(text string) (number, error) {
	if strings.HasPrefix(text, "-") {
		return number{}, errNegative
	}
	mantissa, power, scientific := strings.Cut(strings.ToLower(text), "e")
	whole, fraction, _ := strings.Cut(mantissa, ".")
	exponent, err := 0, error(nil)
	if scientific {
		exponent, err = strconv.Atoi(power)
	}
	if err != nil || whole == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return number{}, errNotNumber
	}
	return newNumber(whole+fraction, exponent-len(fraction))
}

func newNumber(digits string, exponent int) (number, error) {
	digits = strings.TrimLeft(digits, "0")
	short := strings.TrimRight(digits, "0")
	if short == "" {
		return number{}, nil
	}
	exponent += len(digits) - len(short)
	if exponent > maxExponent || exponent < -maxExponent || len(short) > maxExponent || exponent+len(short) > maxDigits {
		return number{}, errRange
	}
	return number{digits: short, exponent: exponent}, nil
}

// jsonNumber reads a value of a JSON file that must be a number; a string is none.
func jsonNumber(value any) (number, error) {
	n, is := value.(json.Number)
	if !is {
		return number{}, errNotNumber
	}
	return parseNumber(n.String())
}

func (n number) isZero() bool { return n.digits == "" }

// shifted is n × 10^by.
func (n number) shifted(by int) number {
	if n.isZero() {
		return n
	}
	return number{digits: n.digits, exponent: n.exponent + by}
}

// quoted is what one of a unit costs, n, as price and per: for 1,000,000 tokens it has six zeros. A number with more digits
// than a row can hold is rounded to the nearest, which is said.
func (n number) quoted(zeros int) (price, per string, rounded bool) {
	kept := n.rounded()
	return kept.shifted(zeros).String(), "1" + strings.Repeat("0", zeros), kept != n
}

func (n number) rounded() number {
	excess := len(n.digits) - maxDigits
	if excess <= 0 {
		return n
	}
	digits, _ := new(big.Int).SetString(n.digits, 10)
	unit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(excess)), nil)
	half := new(big.Int).Rsh(unit, 1)
	digits.Add(digits, half).Quo(digits, unit)
	short, _ := newNumber(digits.String(), n.exponent+excess)
	return short
}

// String is n written out.
func (n number) String() string {
	switch point := len(n.digits) + n.exponent; {
	case n.isZero():
		return "0"
	case n.exponent >= 0:
		return n.digits + strings.Repeat("0", n.exponent)
	case point > 0:
		return n.digits[:point] + "." + n.digits[point:]
	default:
		return "0." + strings.Repeat("0", -point) + n.digits
	}
}

// decode reads one JSON value whose numbers stay as they are written.
func decode(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return fmt.Errorf("the file is not JSON: %w", err)
	}
	if decoder.More() {
		return errors.New("the file has more than one JSON value")
	}
	return nil
}
