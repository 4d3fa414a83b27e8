package voiceframereceiver

import (
	"io"
	"net/http"
	"sync"
)

// admission bounds the bytes that have been read and not been answered: in all, and of each client, so that one client
// cannot take the room of all. Nobody ever waits for room; who holds some would wait for the others.
type admission struct {
	total, perClient int64

	mu      sync.Mutex
	used    int64
	clients map[string]int64 // those that hold any
}

func newAdmission(total, perClient int64) *admission {
	return &admission{total: total, perClient: perClient, clients: map[string]int64{}}
}

// enter makes the ticket of a request or connection; it holds nothing yet. Whoever has it must leave.
func (a *admission) enter(client string) *ticket { return &ticket{of: a, client: client} }

func (a *admission) inUse() int64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.used
}

// ticket is what one request or connection holds of an admission.
type ticket struct {
	of     *admission
	client string
	// Guarded by of.mu:
	held    int64
	prepaid int64 // of held: what may be read without growing
}

// perRequest is what a request costs at least. It is held until the answer, so that the number of those that wait for a call,
// or for what comes behind, is bounded with the bytes: to nobody's harm, for a refusal comes at once and is repeated.
const perRequest = 4 << 10

// prepay takes what a request costs at least.
func (t *ticket) prepay() error {
	err := t.grow(perRequest)
	if err == nil {
		t.of.mu.Lock()
		defer t.of.mu.Unlock()
		t.prepaid = perRequest
	}
	return err
}

var errOverload = refusal{http.StatusServiceUnavailable, "too much is being read at once: send again later"}

// grow takes n bytes more, or none.
func (t *ticket) grow(n int64) error {
	a := t.of
	a.mu.Lock()
	defer a.mu.Unlock()
	paid := min(n, t.prepaid)
	n -= paid
	if a.used+n > a.total || a.clients[t.client]+n > a.perClient {
		return errOverload
	}
	a.used += n
	a.clients[t.client] += n
	t.held += n
	t.prepaid -= paid
	return nil
}

// shrink gives back n bytes of what is held.
func (t *ticket) shrink(n int64) {
	a := t.of
	a.mu.Lock()
	defer a.mu.Unlock()
	t.held -= n
	a.used -= n
	if a.clients[t.client] -= n; a.clients[t.client] == 0 {
		delete(a.clients, t.client)
	}
}

// leave gives back all that is held; nobody may hold the ticket's bytes any more.
func (t *ticket) leave() { t.shrink(t.held) }

// metered counts what is read against a ticket, and reads no further than it has room.
type metered struct {
	from   io.Reader
	ticket *ticket
}

func (m metered) Read(p []byte) (int, error) {
	n, err := m.from.Read(p)
	if n == 0 {
		return n, err
	}
	if refused := m.ticket.grow(int64(n)); refused != nil {
		return n, refused
	}
	return n, err
}
