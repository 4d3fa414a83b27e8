// Package ultravox reads what Ultravox posts about a call when it is over: call.ended, and call.billed with the use that it
// bills. It tells no money: minutes are for the price book, except of a call that was free.
package ultravox
