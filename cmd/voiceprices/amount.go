package main

import "strconv"

// amount is a number in full, without an exponent, as short as tells it apart from all others.
func amount(number float64) string { return strconv.FormatFloat(number, 'f', -1, 64) }
