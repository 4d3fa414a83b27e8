// Package importer reads price catalogues of others as layers of the price book: what a user downloads each night becomes
// rows of ours, with its units, its tiers and its dates.
//
// A catalogue is not ours to correct: whatever of it is a price is read as it stands, exactly, and whatever is not is left
// out and noted. One row that makes no sense is a note, because a download of thousands of rows must not be lost for it; a
// file that is no such catalogue is an error. What is read is a layer that loads: no two of its rows overlap.
//
// Three things hold for every format:
//
//   - A modality without a price of its own has no row. Catalogues that price it as text are wrong by a factor of sixteen
//     where it is audio (gpt-4o-audio-preview costs 2.5 for text and 40 for audio).
//   - Reading from a cache and writing to it are input: where a catalogue has no price for them, the row of the input price
//     is written out for text, unless the book that comes with the program knows better. Neither is ever free by omission.
//   - A price of 0 is no price: catalogues write it both for what is free and for what they do not know. The exceptions are
//     genai-prices, which leaves out what it does not know, and ids that end with ":free".
//
// A price for another quantity than the one that the book knows to be billed (the characters of speech that is billed by
// tokens) is left out: with both, the same use would be billed twice.
//
// A vendor that the book does not know is read as a reseller, so that its prices hold where it is named and nowhere else;
// genai-prices says itself who is meant by a model's name alone.
//
// The package is pure: it reads text and gives rows.
package importer
