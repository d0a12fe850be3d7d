package engine

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// Duplicates says what to do with rows of different keys that would make the
// very same video.
type Duplicates string

// The ways to treat duplicates.
const (
	WarnDuplicates   Duplicates = "warn"
	RefuseDuplicates Duplicates = "refuse"
	KeepDuplicates   Duplicates = "keep"
)

// ChangedPolicy says what to do with rows that are bought and no longer say what
// was bought.
type ChangedPolicy string

// The ways to treat changed rows. Without one they are listed and wait.
const (
	KeepChanged ChangedPolicy = "keep"
	RedoChanged ChangedPolicy = "redo"
)

// Planner reads a sheet once and decides, row by row, what a run would do. It holds
// nothing that could reach a paid endpoint (invariant L13).
type Planner struct {
	File   string // of the sheet, for problems
	Rows   sources.Reader
	Binder *templates.Binder
	Filter *templates.Filter // nil keeps every row
	// Permission says who may be sent a video; nil: everybody.
	Permission *Permission
	Program    *templates.Program
	Sayings    *templates.Sayings // of values that are spoken otherwise than they are written; nil: none
	Boxes      *templates.Boxes   // that texts are held to; nil: none
	Checker    providers.Checker
	Earlier    []Stage // the steps before, of a chain; rows that say the same share one job

	Operation  string
	Key        string // the column with the id of each row; empty: a hash of the bound values
	Duplicates Duplicates
	Filename   string // pattern of file names, with {key} and {row}
	Folder     string // that paths of media files are relative to
	Media      string // the folder that those files must be in; empty: Folder
	NeedPrice  bool   // there is a budget: a row without a price is a problem
	Changed    ChangedPolicy
	Only       map[string]bool       // keys; nil means all
	Retry      func(Remembered) bool // failed and cancelled rows that a person wants sent again; nil: none
	Most       int                   // problems that are kept; all are counted

	// Voices is what earlier campaigns of the account taught; the plan's lessons begin
	// with it.
	Voices learn.Voices
	// Detailed plans collect Details, grouped by the column By.
	Detailed bool
	By       string
	// Risky is how many of the rows that are worth a look the plan lists, by the values of
	// the column By too; 0 lists none.
	Risky int
	// Show are the numbers of the rows that the plan keeps as they would be seen.
	Show map[int]bool
	// Fingerprints has a plan without a ledger compute the fingerprint of every row, too.
	Fingerprints bool
	// Sent tells of keys under which a row was sent before, where there is no
	// ledger to plan beside; nil: of none.
	Sent func(key string) bool
	// Visit is told of every row in the order of the sheet; nil is not called.
	Visit func(Visited) error
	// Fetch brings the file to this machine that a row names by its web address;
	// nil leaves such files out. It is called for several rows at a time.
	Fetch func(ctx context.Context, address string) providers.Placed
	// Known is the ledger so far; nil when there is none yet.
	Ledger ledger.Store
	// Going says that another process runs the campaign now, so that intended entries are
	// on their way and not lost.
	Going bool
	// Record makes planned rows durable; nil when nothing is to be written.
	Record func(context.Context, ...ledger.Change) error

	lessons *learn.Lessons // of the plan that is being made
}

// Remembered is what the ledger remembers of a row's last attempt.
type Remembered struct {
	Key    string // empty for a part
	Step   string // of a part
	Part   string // what people call the part, see [ledger.Entry.PartName]
	State  ledger.State
	Reason string
}

// Plan is what a run would do.
type Plan struct {
	Rows    RowCounts
	Actions Actions
	Cost    map[credit.Account]*credit.Sum // of what would be submitted
	// Repeated is what those rows cost that make the same video as an earlier row
	// of another key.
	Repeated map[credit.Account]*credit.Sum
	// Balances are the ledger's before this run: the amounts that are charged, and
	// those that are reserved for jobs whose end is open.
	Balances map[credit.Account]ledger.Money
	// Unsure is the part of the reserved amounts that belongs to unsure rows: a person
	// may find that they cost nothing.
	Unsure   map[credit.Account]credit.Amount
	Problems problem.List // the first Most
	Found    int          // problems of severity error
	Warnings int
	Notices  []sources.Notice
	Ready    []Ready
	Sendable map[string]bool // keys of unsure rows that the sheet still wants as they were sent
	Chained
	Seconds templates.Interval // of one video, on average; Known when each row's is
	Run     ledger.Run
	// Lessons is what the finished videos of the ledger teach about the others.
	Lessons *learn.Lessons
	Details *Details   // nil unless asked for
	Risky   []RiskyRow // that are worth a look, the riskiest first; nil unless asked for
	Shown   []*Shown   // that were to be shown
	// LeftOut has the values in the columns of the filter, if the filter leaves no row.
	LeftOut []ColumnValues
	// Vanished says that settled rows are gone while new ones came: the key
	// column, or the sheet, is probably another one.
	Vanished int
	New      int
	// Reread is how many rows are known by what the first version read in their cells.
	Reread  int
	Retried int // settled rows that a person had planned again
}

// RowCounts accounts for every row of the sheet (invariant L7).
type RowCounts struct {
	Total    int `json:"total"`
	Valid    int `json:"valid"`
	Refused  int `json:"refused"`
	Filtered int `json:"filtered"`
	// FilteredBy splits Filtered by what leaves the rows out.
	FilteredBy LeftOutCounts `json:"filtered_by"`
}

// writeContent hashes the parts of a request that decide what the video shows. Media
// files count by their bytes, so that a moved file is the same and a changed one is not.
func writeContent(h hash.Hash, body []byte, media []providers.Media) {
	h.Write(body)
	for _, m := range media {
		h.Write([]byte("\x00" + m.Part + "\x00" + m.SHA256))
	}
}

// reference is our opaque name for an attempt at a row: the only thing about it
// that a service stores or echoes (COL-B4, SUB-8).
func reference(ledgerID, key string, attempt int) string {
	sum := sha256.Sum256([]byte(ledgerID + "\x00" + key + "\x00" + strconv.Itoa(attempt)))
	return hex.EncodeToString(sum[:12])
}

func ledgerLength(i templates.Interval) job.Length {
	if !i.Known {
		return job.Length{}
	}
	return job.Length{Low: seconds(i.Low), Likely: seconds(i.Likely), High: seconds(i.High)}
}

// breakdown returns the parts of a row's length as the ledger keeps them. If the template
// knows no parts, as for a film that is only joined to others, the whole length is fixed.
func breakdown(script string, made *templates.Breakdown, length job.Length) job.Breakdown {
	b := job.Breakdown{Script: script}
	if !made.Known {
		b.Fixed = length.Likely
		return b
	}
	b.Fixed = seconds(made.Fixed)
	for _, s := range made.Spoken {
		// The silence that markup asks for is as long at any pace.
		b.Fixed += seconds(s.Asked)
		b.Voices = append(b.Voices, job.Say{
			Voice: cmp.Or(s.Voice, s.Language), Tracks: s.Tracks, Spoken: seconds(s.Spoken), Silence: seconds(s.Silence),
		})
	}
	return b
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Millisecond)
}
