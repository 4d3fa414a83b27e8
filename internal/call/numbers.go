package call

import "slices"

// numbers is a set of the numbers of turns, which may come in any order. Its list of bits is made anew when written: copies of the
// state share it.
type numbers struct {
	bits []uint64
	// beyond is the highest number that has no bit: those are taken to come in order.
	beyond int
}

// maxNumber is above the number of any turn, for a call of a day has fewer; those below it have a bit.
const maxNumber = 1 << 14

// has says whether a number below maxNumber is in.
func (n *numbers) has(number int) bool {
	at, bit := number/64, uint64(1)<<(number%64)
	return at < len(n.bits) && n.bits[at]&bit != 0
}

// add puts in a number and says whether it is new. 0 stands for no number, and is always new.
func (n *numbers) add(number int) bool {
	switch {
	case number <= 0:
		return true
	case number >= maxNumber:
		isNew := number > n.beyond
		n.beyond = max(n.beyond, number)
		return isNew
	}
	if n.has(number) {
		return false
	}
	at, bit := number/64, uint64(1)<<(number%64)
	bits := make([]uint64, max(len(n.bits), at+1))
	copy(bits, n.bits)
	bits[at] |= bit
	n.bits = slices.Clip(bits)
	return true
}
