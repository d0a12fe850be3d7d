package reelmerge

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/reelmerge/reelmerge/engine"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/sources"
)

// namesRows refuses --only if no row has any of its keys, and mentions keys that no row
// has. A mistyped key would otherwise look like a run with nothing to do.
func (c *Campaign) namesRows(ctx context.Context, store ledger.Store, only map[string]bool) error {
	if len(only) == 0 {
		return nil
	}
	strange, err := strangeKeys(ctx, store, slices.Collect(maps.Keys(only)))
	if err != nil || len(strange) == 0 {
		return err
	}
	text := fmt.Sprintf("no row that can be sent has the key %q", strange[0])
	if len(strange) > 1 {
		text += fmt.Sprintf(", nor %s more of --only", wording.Count(len(strange)-1))
	}
	// Some keys are right: the run goes on with these.
	if len(strange) < len(only) {
		c.note("note: %s", text)
		return nil
	}
	return fail(Usage, errors.New(text), c.whereKeysAre(ctx, store, strange[0])+"; --only also takes a file with one key per line")
}

// strangeKeys returns, in order, the keys that no entry has.
func strangeKeys(ctx context.Context, store ledger.Store, keys []string) ([]string, error) {
	strange := map[string]bool{}
	for _, key := range keys {
		strange[key] = true
	}
	for e, err := range store.Entries(ctx, ledger.Query{Keys: keys}) {
		if err != nil {
			return nil, ledgerFailure(err)
		}
		delete(strange, e.Key)
	}
	return slices.Sorted(maps.Keys(strange)), nil
}

// mustKnow refuses keys that are not in the ledger.
func (c *Campaign) mustKnow(ctx context.Context, store ledger.Store, keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	strange, err := strangeKeys(ctx, store, keys)
	if err != nil || len(strange) == 0 {
		return err
	}
	return fail(Usage, fmt.Errorf("the ledger has no row with the key %q", strange[0]), c.whereKeysAre(ctx, store, strange[0])+"; nothing was changed")
}

// whereKeysAre is the hint for a key that no row has.
func (c *Campaign) whereKeysAre(ctx context.Context, store ledger.Store, key string) string {
	if meant := almost(ctx, store, key); meant != "" {
		return wording.DidYouMean(meant)
	}
	number := strings.TrimLeft(strings.TrimPrefix(key, "row"), " :") // as messages name rows
	if meant := keyOfRow(ctx, store, number); meant != "" {
		return fmt.Sprintf("row %s of the sheet has the key %q", number, meant)
	}
	if c.file.Rows.Key == "" {
		return c.Command("results") + " writes a sheet with every key"
	}
	return fmt.Sprintf("keys are what stands in the column %q", c.file.Rows.Key)
}

// almost finds a key that differs from the given one in case or spacing only, or in zeros
// at its beginning, which a spreadsheet program removes. Keys are often numbers, so a key
// with another digit is another row and no typing error.
func almost(ctx context.Context, store ledger.Store, key string) string {
	meant := bare(key)
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		if err != nil {
			return ""
		}
		if meant != "" && !e.IsPart() && bare(e.Key) == meant {
			return e.Key
		}
	}
	return ""
}

// bare reduces a key to its letters and digits, without zeros in front.
// keyOfRow is the key of the entry whose row has a number: messages name rows by it.
func keyOfRow(ctx context.Context, store ledger.Store, number string) string {
	row, err := strconv.Atoi(number)
	if err != nil {
		return ""
	}
	for e, err := range store.Entries(ctx, ledger.Query{}) {
		if err == nil && e.Row == row && !e.IsPart() {
			return e.Key
		}
	}
	return ""
}

func bare(key string) string {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, key)
	return strings.TrimLeft(letters, "0")
}

// sentBefore reports whether a row was sent under a key. It is asked only for odd keys,
// so a check of a usual sheet does not read the ledger.
func (c *Campaign) sentBefore(ctx context.Context, key string) bool {
	store, err := c.peek(ctx)
	if err != nil || store == nil {
		return false
	}
	defer store.Close()
	summary, err := store.Summary(ctx)
	if err != nil {
		return false
	}
	// A purged row is known by the hash of its key only.
	e, err := ledger.Find(ctx, store, key, ledger.PurgedKey(summary.Identity.ID, key))
	return err == nil && e.Key != "" && e.State != ledger.Planned
}

// mentionKey warns of a sheet whose rows are named by their values alone, and says which
// column would do.
func (c *Campaign) mentionKey(plan *engine.Plan, survey *sources.Survey) {
	if c.file.Rows.Key != "" {
		return
	}
	hint := "set rows.key, or --key, to a column whose values stay, such as a customer number"
	if keys := survey.Keys(); len(keys) > 0 {
		best := keys[0]
		hint = fmt.Sprintf("%q could be it", best.Name)
		if trouble := best.Trouble(); trouble != "" {
			hint = fmt.Sprintf("%q could be it, once these rows are mended: %s", best.Name, trouble)
		}
		if e, ok := c.file.RowsEdit("key", best.Name); ok {
			hint += "; " + e.String()
		} else if c.file.Path == "" {
			hint += "; add " + wording.Shown(wording.Flag("--key", best.Name)...)
		}
	}
	plan.Notices = append(plan.Notices, sources.Notice{
		Code: "CMP-NO-KEY", Column: -1, Hint: hint,
		Message: "no column names the rows, so a row whose values change counts as another one, and is bought again",
	})
}
