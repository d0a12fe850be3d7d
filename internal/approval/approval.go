// Package approval keeps what a person has agreed to: rows with the very content that was
// shown, at prices that were in force, up to an amount. A file of it is a record, not a
// signature: a change is noticed, and so is a copy for another ledger, but a person who can
// write files here can also approve.
package approval

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
)

// Pair is a row with what would be bought for it.
type Pair struct {
	Key         string `json:"key"`         // of the ledger's entry
	Fingerprint string `json:"fingerprint"` // hexadecimal
}

// Cap is the most that an account may be charged, with what was charged and set aside
// before.
type Cap struct {
	credit.Account
	Most *credit.Amount `json:"most"` // null: the price of some row is not known, so there is no cap
}

// Conditions must be the same when rows are sent as when they were approved.
type Conditions struct {
	Provider string `json:"provider"`
	Address  string `json:"address"`
	Ground   string `json:"ground"` // service, sandbox or test mode
	Prices   string `json:"prices"` // hash of the prices in force
}

// Terms are what is agreed to, beside the rows.
type Terms struct {
	Conditions
	Caps []Cap `json:"caps"`
}

// Head is the first line of a file.
type Head struct {
	Format string    `json:"format"`
	Digest string    `json:"digest"`
	Ledger string    `json:"ledger"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
	Note   string    `json:"note,omitempty"`
	Rows   int       `json:"rows"`
	Seal   string    `json:"seal"` // over who, when, and for which ledger; the digest is over the rest
	Terms
}

// Approval is one file.
type Approval struct {
	Head
	Pairs []Pair
}

// format names the kind and the version of the file.
const format = "reelmerge.approval/v1"

// ErrUnsound is returned for a file that does not add up to its digest.
var ErrUnsound = errors.New("it does not add up to its digest: it was changed, or is not complete")

// Digest is the SHA-256 of the terms and of the pairs, in hexadecimal. The order of caps
// and pairs does not matter.
func Digest(t Terms, pairs []Pair) string {
	t.Caps = slices.Clone(t.Caps)
	slices.SortFunc(t.Caps, func(a, b Cap) int {
		return cmp.Or(strings.Compare(a.Provider, b.Provider), strings.Compare(a.Payer, b.Payer), strings.Compare(a.Unit, b.Unit))
	})
	h := sha256.New()
	write(h, format, t.Provider, t.Address, t.Ground, t.Prices)
	for _, c := range t.Caps {
		most := "not known"
		if c.Most != nil {
			most = c.Most.String()
		}
		write(h, "cap", c.Provider, c.Payer, c.Unit, most)
	}
	pairs = slices.Clone(pairs)
	slices.SortFunc(pairs, func(a, b Pair) int {
		return cmp.Or(strings.Compare(a.Key, b.Key), strings.Compare(a.Fingerprint, b.Fingerprint))
	})
	for _, p := range pairs {
		write(h, "row", p.Key, p.Fingerprint)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// sealed is the hash of what the digest leaves out, since a plan cannot know it.
func (h *Head) sealed() string {
	s := sha256.New()
	write(s, h.Digest, h.Ledger, h.By, h.At.UTC().Format(time.RFC3339Nano), h.Note)
	return hex.EncodeToString(s.Sum(nil))
}

// write hashes texts with their lengths, so that no two lists of texts look the same.
func write(h io.Writer, texts ...string) {
	for _, text := range texts {
		fmt.Fprintf(h, "%d:%s", len(text), text)
	}
}

// Write writes the file: the head, then a line for each row.
func (a *Approval) Write(w io.Writer) error {
	a.Format = format
	a.Rows = len(a.Pairs)
	a.Digest = Digest(a.Terms, a.Pairs)
	a.Seal = a.sealed()
	lines := bufio.NewWriter(w)
	encoder := json.NewEncoder(lines)
	if err := encoder.Encode(a.Head); err != nil {
		return err
	}
	for _, p := range a.Pairs {
		if err := encoder.Encode(p); err != nil {
			return err
		}
	}
	return lines.Flush()
}

// Parse reads a file. One that was changed, or cut short, is [ErrUnsound].
func Parse(data []byte) (*Approval, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	a := &Approval{}
	if err := decoder.Decode(&a.Head); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnsound, err)
	}
	if a.Format != format {
		return nil, fmt.Errorf("it is of the format %q, and this program knows %q", a.Format, format)
	}
	for {
		var p Pair
		err := decoder.Decode(&p)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnsound, err)
		}
		a.Pairs = append(a.Pairs, p)
	}
	if len(a.Pairs) != a.Rows || Digest(a.Terms, a.Pairs) != a.Digest || a.sealed() != a.Seal {
		return nil, ErrUnsound
	}
	return a, nil
}
