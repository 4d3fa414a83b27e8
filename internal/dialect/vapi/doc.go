// Package vapi reads what Vapi posts about a call when it is over.
package vapi
