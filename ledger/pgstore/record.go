package pgstore

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/ledger/internal/record"
)

// The places of records. A record is sealed for its place, its ledger and its number, so
// that one which was moved is as broken as one that was changed.
const (
	placeIdentity = "identity"
	placeTotals   = "totals"
	placeHead     = "head"
	placeBody     = "body"
	placeRun      = "run"
	placeDocument = "document"
)

func layout(place string) record.Layout {
	if place == placeHead {
		return record.Layout{Place: place, Version: record.EntryVersion}
	}
	return record.Layout{Place: place, Version: record.Version}
}

// spot is where a record belongs.
type spot struct {
	place string
	of    string // the id of a ledger, or the name of a document
	n     int64
}

func (s spot) key() []byte { return binary.BigEndian.AppendUint64([]byte(s.of), uint64(s.n)) }

func (s spot) seal(walk func(*record.Codec)) []byte { return layout(s.place).Seal(s.key(), walk) }

// open reads a record.
func (s spot) open(sealed []byte, walk func(*record.Codec)) error {
	err := layout(s.place).Open(s.key(), sealed, walk)
	if err == nil || errors.Is(err, ledger.ErrNewer) {
		return err
	}
	return fmt.Errorf("%w: %s %d: %w", ledger.ErrCorrupt, s.place, s.n, err)
}

// sealJSON and openJSON are for the few records that a person may have to read with other
// tools.
func (s spot) sealJSON(v any) ([]byte, error) {
	data, err := json.Marshal(v)
	return s.seal(record.Rest(&data)), err
}

func (s spot) openJSON(sealed []byte, v any) error {
	var data []byte
	if err := s.open(sealed, record.Rest(&data)); err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("%w: %s %d: %w", ledger.ErrCorrupt, s.place, s.n, err)
	}
	return nil
}

// sealEntry makes both records of an entry; the body is nil where there is none.
func sealEntry(id string, n int64, e *ledger.Entry) (head, body []byte) {
	head = spot{placeHead, id, n}.seal(func(c *record.Codec) { record.Entry(c, e) })
	if record.HasBody(*e) {
		body = spot{placeBody, id, n}.seal(func(c *record.Codec) { record.Body(c, e) })
	}
	return head, body
}

// openEntry reads both records of an entry.
func openEntry(id string, n int64, head, body []byte) (e ledger.Entry, err error) {
	err = spot{placeHead, id, n}.open(head, func(c *record.Codec) { record.Entry(c, &e) })
	if err == nil && body != nil {
		err = spot{placeBody, id, n}.open(body, func(c *record.Codec) { record.Body(c, &e) })
	}
	return e, err
}

// totals are the counts and balances of a ledger as its row has them: with every commit,
// so that a budget never counts a reservation that is not there, and that a record which
// has vanished is missed.
type totals struct {
	Entries  int64                `json:"entries"`
	Bodies   int64                `json:"bodies"`
	Tickets  int64                `json:"tickets"`
	Intents  int64                `json:"intents"`
	Runs     int64                `json:"runs"`
	States   map[ledger.State]int `json:"states,omitempty"`
	Parts    map[ledger.State]int `json:"parts,omitempty"`
	Balances []balance            `json:"balances,omitempty"`
}

// balance is that of one account, whose names may be any bytes.
type balance struct {
	Account []byte       `json:"account"`
	Money   ledger.Money `json:"money"`
}

// keep notes the numbers of a summary.
func (t *totals) keep(s *ledger.Summary) {
	t.States, t.Parts, t.Balances = s.States, s.Parts, nil
	for account, money := range s.Balances {
		t.Balances = append(t.Balances, balance{record.AccountKey(account), money})
	}
}

// fill gives a summary the numbers.
func (t *totals) fill(s *ledger.Summary) error {
	for state, n := range t.States {
		s.States[state] = n
	}
	for state, n := range t.Parts {
		s.Parts[state] = n
	}
	for _, b := range t.Balances {
		account, err := record.AccountOf(b.Account)
		if err != nil {
			return fmt.Errorf("%w: the name of an account: %w", ledger.ErrCorrupt, err)
		}
		s.Balances[account] = b.Money
	}
	return nil
}

// longestIndexed is how long a key may be that is an index's own.
const longestIndexed = 255

// indexed is how a key or ticket is found. An index takes no long ones, so these are cut,
// and a hash stands for the rest; their length tells them from all others.
func indexed(key string) []byte {
	if len(key) <= longestIndexed {
		return []byte(key)
	}
	sum := sha256.Sum256([]byte(key))
	return append([]byte(key[:longestIndexed+1-len(sum)]), sum[:]...)
}

func indexedAll(keys []string) [][]byte {
	all := make([][]byte, 0, len(keys))
	for _, key := range keys {
		all = append(all, indexed(key))
	}
	return all
}

// nanos is a time as an intent has it; one that does not fit is the nearest.
func nanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}
