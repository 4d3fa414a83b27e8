package pricing

import "math/big"

// exactly reads a decimal by means that are not ours.
func exactly(text string) (*big.Rat, bool) { return new(big.Rat).SetString(text) }
