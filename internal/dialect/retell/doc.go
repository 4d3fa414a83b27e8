// Package retell reads what Retell posts about a call when it is over: call_ended, and call_analyzed with what the analysis
// added. Both carry the whole call. Money is cents, latency milliseconds; tokens are not divided into prompt and completion.
//
// Each product is charged once, by its name: call_analyzed may bill products (the analysis itself) that call_ended could not
// know yet, and repeats the others.
package retell
