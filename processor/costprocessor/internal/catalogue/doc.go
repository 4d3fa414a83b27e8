// Package catalogue keeps a price book in step with where its layers come from: the book that is built in, below it nothing,
// above it the answer of an address, files in their order, and rows of the configuration.
//
// catalogue.go has the loops: files are looked at, the address is asked, both until the end. source.go is a layer and what may
// follow it, file.go and remote.go are the two kinds of source, kept.go is the copy of an answer that outlives a restart.
// book.go makes books of layers, changes.go says in the log what a new one changes.
//
// What is always true: a book is swapped as a whole, and only for one that loads; a source that has become wrong keeps in
// force what it had last; each trouble is logged once and counted for as long as it lasts.
package catalogue
