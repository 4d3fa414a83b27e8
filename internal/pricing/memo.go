package pricing

// Memo is a book that remembers the model that it was asked for last: for usages of one request, which are mostly of one
// model, and of requests that follow one another. It answers as the book does. It is not safe for concurrent use.
type Memo struct {
	book            *Book
	provider, model string
	quotes          [kindCount]*quote
}

// Memo makes one that remembers nothing yet.
func (b *Book) Memo() Memo { return Memo{book: b} }

// Price says what a usage costs or why that is not known, as Book.Price does.
func (m *Memo) Price(u *Usage) Result {
	if u.Provider != m.provider || u.Model != m.model {
		m.provider, m.model, m.quotes = u.Provider, u.Model, [kindCount]*quote{}
	}
	q := m.quotes[u.Kind]
	if q == nil {
		q = m.book.quote(u.Provider, u.Model, u.Kind)
		m.quotes[u.Kind] = q
	}
	return m.book.answer(q, u)
}
