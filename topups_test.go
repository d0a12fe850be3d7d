package reelmerge_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/schedule"
)

// TestTopUpsByASchedule lets a week pass in which a row is added each day, and starts a run
// when one is due: over the night on which the clock jumps from 2:00 to 3:00, and a day on
// which nothing ran. No person looks, so its budget or its approval limits what it spends.
func TestTopUpsByASchedule(t *testing.T) {
	nights := []string{"27 Mar 02:00", "28 Mar 02:00", "29 Mar 03:00", "30 Mar 02:00", "01 Apr 00:00", "01 Apr 02:00", "02 Apr 02:00", "03 Apr 02:00"}
	for name, tt := range map[string]struct {
		limit string
		did   []string // in each night
	}{
		"budget":              {"budget: {limit: 2, unit: minutes}", []string{"1 sent", "1 sent", "1 sent", "1 sent", "1 sent, held", "0 sent, held", "0 sent, held", "0 sent, held"}},
		"an approval of some": {"approval: {over: 2, unit: minutes}", []string{"1 sent", "1 sent", "1 sent", "1 sent", "1 sent, decision", "0 sent, decision", "0 sent, decision", "0 sent, decision"}},
		"an approval of all":  {"approval: required", slices.Repeat([]string{"0 sent, decision"}, len(nights))},
		"neither":             {"", []string{"1 sent", "1 sent", "1 sent", "1 sent", "2 sent", "0 sent", "1 sent", "1 sent"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFolder(t, "")
			f.write("c.yaml", "rows: {file: rows.csv, key: id}\ntemplate: t.json\nlimits: {submits: 50/s, poll: {first: 50ms}}\noutput: {dir: out}\n"+tt.limit+"\n")
			got, charged := f.week(t)
			var want []string
			for i, night := range nights {
				want = append(want, night+": "+tt.did[i])
			}
			if diff := cmp.Diff(want, got); diff != "" || tt.limit != "" && charged > credit.Of(2) {
				t.Errorf("%s minutes are charged; nights (-want +got):\n%s", charged, diff)
			}
		})
	}
}

// week is what each run of a week did, and what all of them were charged.
func (f folder) week(t *testing.T) (nights []string, charged credit.Amount) {
	t.Helper()
	berlin, err := schedule.ParseZone("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	times, err := schedule.Parse("0 2 * * *")
	if err != nil {
		t.Fatal(err)
	}
	times = times.In(berlin)
	rows := "id,name\n"
	began := time.Date(2026, 3, 26, 12, 0, 0, 0, berlin)
	for now, end := began, began.AddDate(0, 0, 8); now.Before(end); now = now.Add(time.Hour) {
		if now.Hour() == 15 {
			rows += fmt.Sprintf("C%d,Ada\n", now.Day())
			f.write("rows.csv", rows)
		}
		if _, due := times.Due(began, now); !due || now.Day() == 31 { // on the 31st nothing runs
			continue
		}
		began = now
		out := run(t, f.sandbox(), reelmerge.RunOptions{})
		nights = append(nights, strings.TrimSuffix(fmt.Sprintf("%s: %d sent, %s", now.Format("02 Jan 15:04"), out.Sent, out.Cause()), ", "))
		charged = 0
		for _, money := range out.Summary.Balances {
			charged += money.Charged
		}
	}
	return nights, charged
}
