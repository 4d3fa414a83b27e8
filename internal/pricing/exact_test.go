package pricing

import "math/big"

// exactly reads a decimal by means that are not ours.
func exactly(text string) (*big.Rat, bool) { return new(big.Rat).SetString(text) }

func exactOf(d decimal) *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(d.digits), scaled(1, d.scale))
}
