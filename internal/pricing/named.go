package pricing

// KindNamed is the kind that String writes so. It is false for Unknown, which nothing is to be named after.
func KindNamed(name string) (Kind, bool) { return kindNamed(name) }

// KindNames are the names of all kinds but Unknown.
func KindNames() []string { return kindNames() }

// Parts are the numbers that make a quantity up, mantissa × 2^exponent, for keeping it; QuantityOf puts them together.
func (q Quantity) Parts() (mantissa uint64, exponent int) { return q.mantissa, q.exponent }

// QuantityOf is the quantity with these parts. It is false for parts that no quantity has.
func QuantityOf(mantissa uint64, exponent int) (Quantity, bool) {
	const least, most = -1127, 971 // those of the smallest and the largest float64, with 53 bits
	return Quantity{mantissa: mantissa, exponent: exponent}, exponent >= least && exponent <= most
}
