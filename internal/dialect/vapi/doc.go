// Package vapi reads the end-of-call report that Vapi posts when a call is over: its money and usage by item, latency by turn,
// interruptions. Money is US dollars, latency milliseconds, open time minutes.
//
// An item without money is not Vapi's to charge: the customer uses a key or a number of their own and pays its vendor, so its
// use is left to the price book.
package vapi
