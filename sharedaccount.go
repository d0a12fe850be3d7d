package reelmerge

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/account"
	"github.com/reelmerge/reelmerge/ledger"
)

// accountKey is the document of a database with the random key under which the accounts of
// its ledgers are named: with it, a reader cannot guess whose token made a name.
const accountKey = "account/key"

// accountDocument names a document of an account in a database.
func accountDocument(id, name string) string { return "account/" + id + "/" + name }

// accountIn is the id, in a database, of the account that pays for the campaign; empty where
// its credentials are not known.
func (c *Campaign) accountIn(ctx context.Context, store ledger.Shared, same bool) (string, error) {
	id, err := c.nameAccount(ctx, store)
	if err != nil || id == "" {
		return "", ledgerFailure(err)
	}
	summary, err := store.Summary(ctx)
	if err != nil {
		return "", ledgerFailure(err)
	}
	before, err := keepAccount(ctx, store, summary, id)
	if err != nil || before == id {
		return id, ledgerFailure(err)
	}
	if err := c.agreeSameAccount(ctx, same); err != nil {
		return "", err
	}
	return before, ledgerFailure(store.Document(ctx, accountDocument(id, aliasDocument), func(ledger.Desk) ([]byte, error) { return []byte(before), nil }))
}

// aliasDocument has the id of the account that one is known as, after a new token.
const aliasDocument = "alias"

// nameAccount hashes address and credentials, and follows an alias.
func (c *Campaign) nameAccount(ctx context.Context, store ledger.Shared) (string, error) {
	address, credentials, known := c.accountCredentials()
	if !known {
		return "", nil
	}
	var key []byte
	err := store.Document(ctx, accountKey, func(d ledger.Desk) ([]byte, error) {
		if key = bytes.Clone(d.Text); len(key) > 0 {
			return nil, errOnlyRead
		}
		key = []byte(rand.Text())
		return key, nil
	})
	if err != nil && !errors.Is(err, errOnlyRead) {
		return "", err
	}
	id := account.Name(key, address, credentials)
	err = store.Document(ctx, accountDocument(id, aliasDocument), func(d ledger.Desk) ([]byte, error) {
		if len(d.Text) > 0 {
			id = string(d.Text)
		}
		return nil, errOnlyRead
	})
	if errors.Is(err, errOnlyRead) {
		err = nil
	}
	return id, err
}

// keepAccount notes with which account the rows of a ledger are sent, and returns the one
// they were sent with before. It is no document of the ledger, since a purge keeps it.
func keepAccount(ctx context.Context, store ledger.Shared, summary ledger.Summary, id string) (before string, err error) {
	before = id
	err = store.Document(ctx, "account/of/"+summary.Identity.ID, func(d ledger.Desk) ([]byte, error) {
		if len(d.Text) > 0 && anySent(summary) {
			before = string(d.Text)
			return nil, errOnlyRead
		}
		return []byte(id), nil
	})
	if errors.Is(err, errOnlyRead) {
		err = nil
	}
	return before, err
}

// limitsInStore is the account of a run in a database.
type limitsInStore struct {
	store ledger.Shared
	name  string // of the document
}

// limitsDocumentOf names the limits of an account.
func limitsDocumentOf(id string) string { return accountDocument(id, "limits") }

// change implements [limitsDocument]. The clock is that of the database, which all machines
// share; and who drives a ledger is known there.
func (l limitsInStore) change(_ time.Time, change func(*engine.SharedLimits, desk) bool) error {
	err := l.store.Document(context.Background(), l.name, func(d ledger.Desk) ([]byte, error) {
		var doc engine.SharedLimits
		if len(d.Text) > 0 {
			if err := json.Unmarshal(d.Text, &doc); err != nil {
				return nil, fmt.Errorf("read the limits of the account: %w", err)
			}
		}
		if !change(&doc, desk{d.Now, d.Driven}) {
			return nil, errOnlyRead
		}
		return json.Marshal(doc)
	})
	if errors.Is(err, errOnlyRead) {
		return nil
	}
	return err
}

// read implements [limitsDocument].
func (l limitsInStore) read(doc *engine.SharedLimits) error {
	return readDocument(context.Background(), l.store, l.name, doc)
}

// drivenNow reports of ledgers whether a process drives them.
func drivenNow(ctx context.Context, store ledger.Shared) func(string) bool {
	return func(id string) (driven bool) {
		_ = store.Document(ctx, accountKey, func(d ledger.Desk) ([]byte, error) { // what cannot be asked is not said
			driven = d.Driven(id)
			return nil, errOnlyRead
		})
		return driven
	}
}

// lasts implements [limitsDocument]: the database has the ledger as well, so that a run
// without it sends nothing.
func (limitsInStore) lasts() bool { return true }
