// Package prices is the price book as data: one YAML file for each vendor, in the schema of package pricing, which reads
// and checks it. Prices are facts with a source and a date; a row that has neither does not belong here.
package prices

import "embed"

// Files holds the price files, all at the top level.
//
//go:embed *.yaml
var Files embed.FS
