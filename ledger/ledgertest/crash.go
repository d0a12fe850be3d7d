package ledgertest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// Life returns the events of a row that is sent and made, with texts as long as real ones.
func Life(i int) []ledger.Event {
	key := strconv.Itoa(i)
	sum := sha256.Sum256([]byte(key))
	id := hex.EncodeToString(sum[:16])
	at := Start().Add(time.Duration(i) * 31 * time.Millisecond)
	plan := Plan(key, 2)
	plan.At, plan.Content.Row, plan.Content.Media = at, i+2, nil
	plan.Content.Operation, plan.Content.Reference, plan.Content.File = "colossyan/template-job", id[:26], "C-"+key+".mp4"
	plan.Content.Payload = fmt.Appendf(nil, `{"templateJobId":"3f6c0000-0000-4000-8000-000000000000","dynamicVariables":{"name":"Ada %s","amount":"€12.30","city":"Berlin"},"callback":"https://hooks.example.com/reelmerge/colossyan?ref=%s"}`, key, id)
	return []ledger.Event{
		plan,
		{Kind: ledger.Intend, At: at.Add(time.Hour)},
		{Kind: ledger.Submit, At: at.Add(time.Hour + 900*time.Millisecond), Ticket: job.Ticket{Job: id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]}},
		{
			Kind: ledger.Succeed, At: at.Add(time.Hour + 5*time.Minute), Charge: credit.Charge{Amount: credit.Of(1), Basis: credit.Observed},
			Result: job.Result{
				VideoURL:     "https://cdn.example.com/generated/" + id + "/" + id + ".mp4",
				ShareURL:     "https://app.example.com/share/" + id,
				ThumbnailURL: "https://cdn.example.com/generated/" + id + "/thumb.jpg",
				Duration:     42 * time.Second, Bytes: 12_345_678,
			},
		},
	}
}

// Workload is a small campaign: rows of very different sizes, a failure, a row
// that is made again, and answers that come out of order.
func Workload() []ledger.Change {
	var changes []ledger.Change
	versions := map[string]uint64{}
	add := func(row int, ev ledger.Event) {
		key := fmt.Sprintf("row %02d", row)
		changes = append(changes, ledger.Change{Key: key, Version: versions[key], Event: ev})
		versions[key]++
	}
	const rows = 14
	for i := range rows {
		plan := Plan(fmt.Sprint(i), 2)
		plan.Content.Payload = fmt.Appendf(nil, `{"script":%q}`, strings.Repeat("word ", 1<<(i%12)))
		add(i, plan)
	}
	for i := range rows {
		add(i, Life(i)[1])
		if i > 0 {
			add(i-1, Life(i - 1)[2])
		}
		if i > 2 {
			add(i-3, Life(i - 3)[3])
		}
	}
	again := Plan("again", 3)
	again.By = ledger.ByPerson
	add(0, again)
	add(rows-1, ledger.Event{Kind: ledger.Lose, At: Start(), Reason: "lost"})
	return changes
}

// Work makes the changes of the [Workload], one after the other, as a process that may be
// killed at any point. It says "ack KEY VERSION" of each change that was answered with nil,
// and returns the one that was not, with its error.
func Work(ctx context.Context, s ledger.Store, out io.Writer) (ledger.Change, error) {
	for _, c := range Workload() {
		if _, err := s.Apply(ctx, c); err != nil {
			return c, err
		}
		fmt.Fprintf(out, "ack %s %d\n", c.Key, c.Version+1)
	}
	return ledger.Change{}, nil
}

// Answers are the versions of rows that a process was told are durable, by their keys.
type Answers map[string]uint64

// Note reads one line of [Work].
func (a Answers) Note(line string) {
	rest, found := strings.CutPrefix(strings.TrimSpace(line), "ack ")
	if cut := strings.LastIndexByte(rest, ' '); found && cut > 0 {
		var version uint64
		if _, err := fmt.Sscan(rest[cut+1:], &version); err == nil {
			a[rest[:cut]] = version
		}
	}
}

// Survived wants a ledger to hold whatever was answered, and at most one change more.
func (a Answers) Survived(t testing.TB, s ledger.Store) {
	t.Helper()
	for _, err := range ledger.Check(t.Context(), s) {
		t.Errorf("ledger: %v", err)
	}
	var more uint64
	kept := map[string]uint64{}
	for e, err := range s.Entries(t.Context(), ledger.Query{}) {
		if err != nil {
			t.Errorf("read: %v", err)
			return
		}
		kept[e.Key] = e.Version
		more += e.Version - a[e.Key]
	}
	for key, version := range a {
		if kept[key] < version {
			t.Errorf("%q is at version %d, %d was acknowledged", key, kept[key], version)
		}
	}
	if more > 1 {
		t.Errorf("%d changes were kept that no caller was told of", more)
	}
}
