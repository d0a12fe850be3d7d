package reelmerge

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/ledger"
)

// origin is the document of a ledger that says who began it, by which people know whether it
// is theirs.
type origin struct {
	Who      string `json:"who"`
	Campaign string `json:"campaign"`
	Sheet    string `json:"sheet"`
}

// originDocument is its name among the documents of a ledger.
const originDocument = "origin"

// sign writes who begins a ledger.
func (c *Campaign) sign(ctx context.Context, store ledger.Shared, id string) error {
	return writeDocument(ctx, store, ledger.DocumentOf(id, originDocument), origin{c.machine(), c.file.Name, c.file.Rows.Shown()})
}

// provenance says whose ledger it is.
func (c *Campaign) provenance(ctx context.Context, store ledger.Shared) (string, error) {
	summary, err := store.Summary(ctx)
	if err != nil {
		return "", err
	}
	var from origin
	if err := readDocument(ctx, store, ledger.DocumentOf(summary.Identity.ID, originDocument), &from); err != nil {
		return "", err
	}
	text := fmt.Sprintf("the ledger %q of %s was begun on %s", c.ledgerName(), c.storeShown(), summary.Identity.Created.Local().Format("2006-01-02 15:04"))
	if from.Who != "" {
		text += fmt.Sprintf(" by %s, from the sheet %q", wording.Clean(from.Who), wording.Clean(from.Sheet))
	}
	if run := summary.Run; run != nil {
		text += fmt.Sprintf("; its last run was on %s, with %s of %q", run.Started.Local().Format("2006-01-02 15:04"), wording.Plural(run.Rows, "row"), wording.Clean(run.Sheet))
	}
	return text, nil
}

// join asks whether a ledger that this folder does not know is that of the campaign. Two
// campaigns in one ledger would take each other's rows for their own.
func (c *Campaign) join(ctx context.Context, store ledger.Shared) error {
	if c.options.Join == c.ledgerName() {
		return nil
	}
	text, err := c.provenance(ctx, store)
	if err != nil {
		return err
	}
	question := Question{About: Joining, Text: text + ". Is it the ledger of this campaign?", Otherwise: "nothing was changed; give the ledger of this campaign another name: --set store.ledger=NAME"}
	if c.person() {
		return c.agree(ctx, question)
	}
	return &Error{Cause: Usage, Err: fmt.Errorf("%s, and this folder does not know it", text), Question: &question,
		Hint: "if it is the ledger of this campaign, add once: " + wording.Shown("--join", c.ledgerName())}
}

// machine names this process for people: the machine, and the process on it.
func (c *Campaign) machine() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "a machine without a name"
	}
	return fmt.Sprintf("%s, process %d", host, os.Getpid())
}

// readDocument reads a document of a shared store; what there is none of stays as it is.
func readDocument(ctx context.Context, store ledger.Shared, name string, v any) error {
	err := store.Document(ctx, name, func(d ledger.Desk) ([]byte, error) {
		if len(d.Text) > 0 {
			if err := json.Unmarshal(d.Text, v); err != nil {
				return nil, err
			}
		}
		return nil, errOnlyRead
	})
	if errors.Is(err, errOnlyRead) {
		return nil
	}
	return documentFailure(name, err)
}

// errOnlyRead leaves a document as it is.
var errOnlyRead = errors.New("it was only read")

// writeDocument writes a document of a shared store.
func writeDocument(ctx context.Context, store ledger.Shared, name string, v any) error {
	text, err := json.Marshal(v)
	if err == nil {
		err = store.Document(ctx, name, func(ledger.Desk) ([]byte, error) { return text, nil })
	}
	return documentFailure(name, err)
}

func documentFailure(name string, err error) error {
	if err == nil || ledger.Sound(err) {
		return err
	}
	return fmt.Errorf("document %q of the database: %w", name, err)
}
