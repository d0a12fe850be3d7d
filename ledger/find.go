package ledger

import "context"

// Find returns the entry that a store has under one of the keys, and the zero Entry
// when it has none. A row that was purged is under another key: see [PurgedKey].
func Find(ctx context.Context, s Store, keys ...string) (Entry, error) {
	if len(keys) == 0 {
		return Entry{}, nil
	}
	return first(ctx, s, Query{Keys: keys})
}

// Holder returns the entry that a ticket belongs to, by its job id, and the zero
// Entry when it belongs to none.
func Holder(ctx context.Context, s Store, ticket string) (Entry, error) {
	if ticket == "" {
		return Entry{}, nil
	}
	return first(ctx, s, Query{Ticket: ticket})
}

func first(ctx context.Context, s Store, q Query) (Entry, error) {
	for e, err := range s.Entries(ctx, q) {
		return e, err
	}
	return Entry{}, nil
}
