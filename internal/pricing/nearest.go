package pricing

import "github.com/agnivade/levenshtein"

// Nearest is the known id, as provider/model, that is most like a model that the book does not have, or "" where nothing
// is like it. It is for messages: no price ever follows from likeness.
func (b *Book) Nearest(provider, model string) string {
	model = fold(model)
	if len(model) > maxKeyLength {
		return ""
	}
	only := b.byName[fold(provider)]
	nearest, least := "", len(model)/2+1
	for _, v := range b.vendors {
		if only != nil && v != only {
			continue
		}
		for id := range v.products {
			d := levenshtein.ComputeDistance(model, id)
			name := v.name + "/" + id
			if d < least || d == least && nearest != "" && name < nearest {
				nearest, least = name, d
			}
		}
	}
	return nearest
}
