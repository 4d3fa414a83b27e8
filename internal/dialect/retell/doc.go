// Package retell reads what Retell posts about a call when it is over.
package retell
