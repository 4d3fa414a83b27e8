// Package catalogue keeps a price book in step with where its layers come from: what is built in, over it the answer of an
// address, over that files in their order, and over all rows of the configuration.
//
// catalogue.go has the loops: files are looked at and the address is asked, until the end. source.go is a layer and what is to
// follow it; file.go and remote.go are the two kinds of it, parse.go reads either, and kept.go is the copy of an answer that
// outlives a restart. book.go makes books of layers, changes.go says in the log what another one changes.
//
// What always holds: a book is swapped as a whole, and only for one that loads; a source that has become wrong leaves in
// force what it had; a trouble is logged once and counted for as long as it lasts.
package catalogue
