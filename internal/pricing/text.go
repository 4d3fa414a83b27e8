package pricing

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"
)

// arithmetic is how an offer's price makes the amount of a usage, line by line.
func (o *offer) arithmetic(u *Usage) []string {
	basis, quantity, _ := o.billed(u)
	billed := new(big.Rat).Mul(quantity.rat(), o.rounding.of(basis))
	lines := o.billedText(u, basis, billed)
	amount := new(big.Rat).Mul(billed, o.written)
	lines = append(lines, fmt.Sprintf("%s x %s %s", quantityText(billed, o.kind.Unit()), o.row.priceText(), money(amount)))
	for _, d := range o.multipliers {
		amount.Mul(amount, d.by)
		lines = append(lines, fmt.Sprintf("x %s (%s) %s", d.written.Multiplier, d, money(amount)))
	}
	return lines
}

// String is where a discount is written, and what for.
func (d *discount) String() string {
	if d.written.Note == "" {
		return d.place
	}
	return d.place + ": " + d.written.Note
}

// billedText says what is billed, where it is not what was used.
func (o *offer) billedText(u *Usage, b basis, billed *big.Rat) []string {
	var why []string
	if b != byUnit {
		why = append(why, o.rounding.String())
	}
	if o.rounding.per == perChannel && u.Channels > 1 {
		why = append(why, fmt.Sprintf("%d channels", u.Channels))
	}
	if len(why) == 0 {
		return nil
	}
	unit := o.kind.Unit()
	return []string{fmt.Sprintf("%s billed as %s (%s)",
		quantityText(u.Quantity.rat(), unit), quantityText(billed, unit), strings.Join(why, "; "))}
}

// String is the rounding in words.
func (r *rounding) String() string {
	if r.per == perNothing {
		return ""
	}
	var words []string
	if r.minimum.digits != 0 {
		words = append(words, "at least "+plain(r.minimum.rat()))
	}
	if r.upTo.digits != 0 {
		words = append(words, "up to a multiple of "+plain(r.upTo.rat()))
	}
	for name, per := range spans {
		if per == r.per {
			words = append(words, "per "+name)
		}
	}
	return strings.Join(words, " ")
}

// String is the scope as rows write conditions.
func (s *scope) String() string {
	var words []string
	if s.context > 0 {
		words = append(words, fmt.Sprintf("context_tokens >= %d", s.context))
	}
	for _, part := range []struct{ key, value string }{
		{"service_tier", s.tier}, {"region", s.region}, {"plan", s.plan}, {"time_of_day", s.window.String()},
	} {
		if part.value != "" {
			words = append(words, part.key+" "+part.value)
		}
	}
	return strings.Join(append(words, s.timesText()...), ", ")
}

func (s *scope) timesText() []string {
	var words []string
	if from := dateText(s.from); from != "" {
		words = append(words, "from "+from)
	}
	if until := dateText(s.until); until != "" {
		words = append(words, "until "+until)
	}
	return words
}

// dateText is a moment in Unix nanoseconds, or "" for always.
func dateText(at int64) string {
	if at == math.MinInt64 || at == math.MaxInt64 {
		return ""
	}
	return time.Unix(0, at).UTC().Format(time.RFC3339)
}

// priceText is a row's price as people say it: $2.50 / 1,000,000 tokens.
func (r *Row) priceText() string {
	whole, fraction, _ := strings.Cut(r.Price, ".")
	for len(fraction) < 2 {
		fraction += "0"
	}
	text := fmt.Sprintf("$%s.%s / ", grouped(whole), fraction)
	if r.Per == "1" {
		return text + r.Unit
	}
	return text + grouped(r.Per) + " " + r.Unit + "s"
}

func quantityText(quantity *big.Rat, unit string) string {
	text := plain(quantity) + " " + unit
	if quantity.Cmp(big.NewRat(1, 1)) != 0 {
		text += "s"
	}
	return text
}

// money is an amount with its sign of being exact or not.
func money(amount *big.Rat) string {
	text, exact := decimalText(amount)
	if exact {
		return "= $" + text
	}
	return "≈ $" + text
}

// plain is a number as people write it.
func plain(number *big.Rat) string {
	text, _ := decimalText(number)
	return text
}

// decimalText is a number with at most 15 digits that count, and whether that is all of it.
func decimalText(number *big.Rat) (text string, exact bool) {
	const digits = 15
	f, _ := number.Float64()
	text = strconv.FormatFloat(f, 'f', -1, 64)
	if places, finite := number.FloatPrec(); finite {
		if full := number.FloatString(places); len(strings.Trim(full, "0.")) <= digits+1 {
			text, exact = full, true
		}
	}
	if !exact {
		text = strconv.FormatFloat(f, 'g', digits, 64)
		if short, err := strconv.ParseFloat(text, 64); err == nil {
			text = strconv.FormatFloat(short, 'f', -1, 64)
		}
	}
	whole, fraction, point := strings.Cut(text, ".")
	if !point {
		return grouped(whole), exact
	}
	return grouped(whole) + "." + fraction, exact
}

// grouped is a whole number with commas between its thousands.
func grouped(number string) string {
	for at := len(number) - 3; at > 0; at -= 3 {
		number = number[:at] + "," + number[at:]
	}
	return number
}
