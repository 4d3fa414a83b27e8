package pricing

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
			d := distance(model, id)
			name := v.name + "/" + id
			if d < least || d == least && nearest != "" && name < nearest {
				nearest, least = name, d
			}
		}
	}
	return nearest
}

// distance is how many bytes must be changed, added or taken away to make a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
