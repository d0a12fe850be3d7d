package sandbox

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// errUnknownJob is returned when no job has the id.
var errUnknownJob = errors.New("unknown job")

// books is the memory of the services. It holds every accepted job, and how often each
// content was submitted. A job is durable before a caller can see it, as at a real service.
type books struct {
	journal *journal

	mu      sync.Mutex
	jobs    []*job
	byID    map[string]*job // by either id
	open    map[string][]*job
	spent   map[account]credit.Amount
	grants  map[string]credit.Amount // by account name
	tries   map[string]int
	submits int // of all contents: the serial number of the latest submit
}

// account names who pays a service.
type account struct{ provider, payer string }

// name returns the name of the account in [Options].
func (a account) name() string {
	if a.payer == "" {
		return a.provider
	}
	return a.provider + "/" + a.payer
}

// openBooks reads the state file and rebuilds the memory from it.
func openBooks(path string) (*books, error) {
	journal, err := openJournal(path)
	if err != nil {
		return nil, err
	}
	b := &books{
		journal: journal,
		byID:    map[string]*job{},
		open:    map[string][]*job{},
		spent:   map[account]credit.Amount{},
		grants:  map[string]credit.Amount{},
		tries:   map[string]int{},
	}
	// A content may have a job and a count of later attempts. The higher one is the newer.
	tried := func(content string, count int) { b.tries[content] = max(b.tries[content], count) }
	err = journal.load(func(j *job) {
		b.file(j)
		tried(j.Content, j.Try)
	}, tried)
	if err != nil {
		return nil, errors.Join(err, journal.close())
	}
	for _, count := range b.tries {
		b.submits += count
	}
	return b, nil
}

// file adds a job to all indexes. The caller holds the lock, or is the only user.
func (b *books) file(j *job) {
	b.jobs = append(b.jobs, j)
	b.byID[j.ID] = j
	if j.ResultID != "" {
		b.byID[j.ResultID] = j
	}
	if !j.Void {
		b.open[j.Provider] = append(b.open[j.Provider], j)
	}
}

// attempt counts a submit. It returns the number of the submit for its content and for all
// contents, both from 1. Faults depend on these numbers, so that a run can be repeated.
func (b *books) attempt(content string) (try, serial int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tries[content]++
	b.submits++
	return b.tries[content], b.submits
}

// remember writes the count of attempts to disk. It is called when the last attempt left no
// job.
func (b *books) remember(content string) error {
	b.mu.Lock()
	p := b.journal.enqueue(tryWrite(content, b.tries[content]))
	b.mu.Unlock()
	return b.journal.wait(p)
}

// add accepts a job, unless admit refuses it. admit runs under the same lock, so that two
// jobs never pass where there is room for one. The result is on disk when add returns.
func (b *books) add(draft job, admit func(*books) *refusal) (job, *refusal, error) {
	b.mu.Lock()
	var refused *refusal
	if admit != nil {
		refused = admit(b)
	}
	// The disk write is enqueued under the lock and awaited without it. Memory and disk see
	// one order, and others need not wait for the disk.
	p, err := b.conclude(&draft, refused)
	b.mu.Unlock()
	if err != nil {
		return job{}, nil, err
	}
	return draft, refused, b.journal.wait(p)
}

// conclude files and records the result of a submit: a job, the record that a refusal
// leaves behind, or only the attempt. The caller holds the lock.
func (b *books) conclude(j *job, refused *refusal) (promise, error) {
	if refused != nil && refused.leaves == nil {
		return b.journal.enqueue(tryWrite(j.Content, b.tries[j.Content])), nil
	}
	// Some refusals leave a record behind, as the service does. It takes the place of the
	// job.
	if refused != nil {
		refused.leaves.Try = j.Try
		j = refused.leaves
	}
	j.Seq = 1
	if n := len(b.jobs); n > 0 {
		j.Seq = b.jobs[n-1].Seq + 1
	}
	p, err := b.record(j)
	if err == nil {
		b.file(j)
	}
	return p, err
}

// record enqueues the current state of a job. The caller holds the lock.
func (b *books) record(j *job) (promise, error) {
	if b.journal.db == nil {
		return promise{}, nil
	}
	w, err := jobWrite(j)
	if err != nil {
		return promise{}, err
	}
	return b.journal.enqueue(w), nil
}

// change alters a job, and the change is on disk when it returns. If alter refuses, change
// returns the refusal and alters nothing.
func (b *books) change(id string, alter func(*job) *refusal) (job, *refusal, error) {
	b.mu.Lock()
	j := b.byID[id]
	if j == nil {
		b.mu.Unlock()
		return job{}, nil, errUnknownJob
	}
	if refused := alter(j); refused != nil {
		b.mu.Unlock()
		return job{}, refused, nil
	}
	p, err := b.record(j)
	changed := *j
	b.mu.Unlock()
	return changed, nil, errors.Join(err, b.journal.wait(p))
}

// find returns a job by its id. It waits for the disk, so that no caller sees a job that a
// crash could undo.
func (b *books) find(id string) (job, bool, error) {
	b.mu.Lock()
	j := b.byID[id]
	var found job
	if j != nil {
		found = *j
	}
	b.mu.Unlock()
	return found, j != nil, b.journal.wait(b.journal.newest())
}

// content returns the content of a job. It does not wait for the disk, because the result
// only chooses a fault and is never shown.
func (b *books) content(id string) (string, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	j := b.byID[id]
	if j == nil {
		return "", false
	}
	return j.Content, true
}

// list returns the jobs of a service, or of all services if the name is empty. The oldest
// comes first.
func (b *books) list(provider string, keep func(*job) bool) ([]job, error) {
	b.mu.Lock()
	var found []job
	for _, j := range b.jobs {
		if (provider == "" || j.Provider == provider) && (keep == nil || keep(j)) {
			found = append(found, *j)
		}
	}
	b.mu.Unlock()
	return found, b.journal.wait(b.journal.newest())
}

// active counts the running jobs of a service at an instant. The caller is an admit
// function and holds the lock.
func (b *books) active(provider string, now time.Time, mine func(*job) bool) int {
	b.settle(provider, now)
	count := 0
	for _, j := range b.open[provider] {
		if mine(j) {
			count++
		}
	}
	return count
}

// since counts the jobs of a service that were accepted after an instant. The caller is an
// admit function and holds the lock.
func (b *books) since(provider string, begin time.Time) int {
	count := 0
	// Jobs are in order of acceptance, so the search can stop early.
	for _, j := range slices.Backward(b.jobs) {
		if j.Created.Before(begin) {
			break
		}
		if j.Provider == provider && !j.Void {
			count++
		}
	}
	return count
}

// left returns the rest of an account's grant, and whether the account can run out at all.
// The caller is an admit function and holds the lock.
func (b *books) left(a account, now time.Time) (left credit.Amount, limited bool) {
	grant, limited := b.grants[a.name()]
	if !limited {
		return 0, false
	}
	b.settle(a.provider, now)
	left = grant.Minus(b.spent[a])
	// A running job holds its whole price. Otherwise two jobs could be accepted for money
	// that is enough for one.
	for _, j := range b.open[a.provider] {
		if j.Payer == a.payer {
			left = left.Minus(j.Price)
		}
	}
	return left, true
}

// balance is left for callers without the lock.
func (b *books) balance(a account, now time.Time) (left credit.Amount, limited bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.left(a, now)
}

// grant adds to the grant of an account.
func (b *books) grant(name string, more credit.Amount) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.grants[name] = b.grants[name].Plus(more)
}

// settle books the finished jobs of a service, and removes them from the open ones.
// Otherwise each question about the balance would visit every job of a large run.
func (b *books) settle(provider string, now time.Time) {
	still := b.open[provider][:0]
	for _, j := range b.open[provider] {
		amount, state := j.cost(now)
		if state == Open {
			still = append(still, j)
			continue
		}
		if state == Charged {
			a := account{provider, j.Payer}
			b.spent[a] = b.spent[a].Plus(amount)
		}
	}
	// The freed places still point to jobs. Clearing them lets the memory go.
	clear(b.open[provider][len(still):])
	b.open[provider] = still
}

// newID returns a random id.
func newID() string {
	var id [12]byte
	_, _ = rand.Read(id[:]) // never fails, by its contract
	return hex.EncodeToString(id[:])
}

// newUUID returns a random UUID, version 4.
func newUUID() string {
	var id [16]byte
	_, _ = rand.Read(id[:]) // never fails, by its contract
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	text := hex.EncodeToString(id[:])
	return strings.Join([]string{text[:8], text[8:12], text[12:16], text[16:20], text[20:]}, "-")
}
