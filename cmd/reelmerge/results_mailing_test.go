package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// TestRowsThatCanBeMailedHaveLinksThatLast lets the links of a run die, or expire
// before the day of the mailing: the service is asked for new ones (COL-P6), which
// the sheet then holds; the ledger keeps what it had, and nothing is made again.
func TestRowsThatCanBeMailedHaveLinksThatLast(t *testing.T) {
	for name, test := range map[string]struct {
		mark string // what new links carry
		old  int    // how a server answers old ones
		args []string
		rows int
	}{
		"dead links are renewed":                 {"new=1", http.StatusForbidden, nil, 2},
		"links that last are kept":               {"new=1", 0, nil, 2},
		"expiring links are renewed":             {"Expires=4102444800", 0, []string{"--until", "2099-06-01"}, 2},
		"new links that expire, too, are no use": {"Expires=1000000000", http.StatusForbidden, []string{"--until", "2099-06-01"}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, 2, false)
			expiring := len(test.args) > 0
			var fresh atomic.Bool
			r.answering(func(w http.ResponseWriter, q *http.Request) bool {
				mark := test.mark
				if !fresh.Load() {
					mark = "Expires=1500000000"
				}
				switch {
				case strings.HasPrefix(q.URL.Path, "/files/") && test.old != 0 && !strings.Contains(q.URL.RawQuery, test.mark):
					http.Error(w, "expired", test.old)
					return true
				case q.Method == http.MethodGet && strings.Contains(q.URL.Path, "/api/v1/") && (fresh.Load() || expiring):
					answer := httptest.NewRecorder()
					r.bank.ServeHTTP(answer, q)
					w.Header().Set("Content-Type", "application/json")
					w.WriteHeader(answer.Code)
					_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body.String(), ".mp4", ".mp4?"+mark))
					return true
				}
				return false
			})
			r.run("run", "rig.yaml").wants(t, exitDone, "")
			before := strings.Join(r.links(), " ")
			fresh.Store(true)
			r.run(append([]string{"results", "rig.yaml", "--send-ready"}, test.args...)...).wants(t, exitDone, "")
			sheet, err := os.ReadFile(r.path("out/send-ready.csv"))
			if err != nil {
				t.Fatal(err)
			}
			renewed := 0
			if test.old != 0 || expiring {
				renewed = test.rows
			}
			if lines, marks := strings.Count(string(sheet), "\n"), strings.Count(string(sheet), test.mark); lines != test.rows+1 || marks != renewed {
				t.Errorf("%d lines and %d new links, want %d rows and %d:\n%s", lines, marks, test.rows, renewed, sheet)
			}
			if after := strings.Join(r.links(), " "); after != before {
				t.Errorf("the ledger's links changed:\n%s\n%s", before, after)
			}
			r.once(2)
		})
	}
}
