package templates_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/reelmerge/reelmerge/templates"
)

// chain is an expression of n lets, each of which has the one before it twice.
func chain(n int, first, step, last string) string {
	var b strings.Builder
	b.WriteString("let a0 = " + first + "; ")
	for i := range n {
		fmt.Fprintf(&b, "let a%d = %s; ", i+1, strings.ReplaceAll(step, "A", fmt.Sprintf("a%d", i)))
	}
	return b.String() + strings.ReplaceAll(last, "A", fmt.Sprintf("a%d", n))
}

// TestAnExpressionIsBounded gives expressions, short enough to be read, that would take
// all memory or hours for one row. Each must be refused, or stop at the row, soon and
// in little memory.
func TestAnExpressionIsBounded(t *testing.T) {
	short, long := "Ada", strings.Repeat("ab,c ", 12_000)
	for name, source := range map[string]string{
		"doubling lets":                chain(40, "v", "A + A", "A"),
		"doubling lets, only measured": chain(40, "v", "A + A", "len(A)"),
		"doubling lets in lists":       chain(40, "[v]", "[A, A]", "len(A)"),
		"doubling lists as text":       chain(40, "[v]", "[A, A]", "string(A)"),
		"doubling lists, compared":     chain(40, "[v]", "[A, A]", "A == [A, A]"),
		"doubling maps":                chain(40, "{x: v}", "{x: A, y: A}", "string(A)"),
		"doubling conditions":          chain(40, "v", `A == "x" ? A + A : A + A`, "A"),
		"doubling inside a let":        "let b = (" + chain(30, "v", "A + A", "A") + "); b",
		"doubling in a loop":           "join(map([v, v], (" + strings.ReplaceAll(chain(30, "v", "A + A", "A"), "v", "#") + ")), \"\")",
		"doubling with other names":    chain(30, "v", "upper(A) + lower(A)", "A"),
		"tripling":                     chain(25, "v", `A + "-" + A + A`, "A"),
		"doubling what may be a text":  chain(40, "[v, 1][0]", "A + A", "A"),
		"joined with itself":           chain(40, "v", `join([A, A], "")`, "A"),
		"replaced by itself":           chain(40, "v", `replace(A, "A", A + A)`, "A"),
		"formatted":                    chain(40, "v", `format(A + A, "0")`, "A"),
		"a long sum":                   "v" + strings.Repeat(" + v", 400),
		"a long sum in a list":         "[" + strings.Repeat("v + v, ", 200) + "v][0]",
		"loops over letters":           `len(map(split(v, ""), v + "x"))`,
		"loops over the whole text":    `join(map(split(v, ","), upper(v)), "")`,
		"many loops":                   "len([" + strings.Repeat(`map(split(v, ","), lower(v)), `, 80) + `""])`,
		"a slow pattern":               `v matches "(.*b){200}$"`,
		"a slow pattern in a loop":     `all(split(v, ","), v matches "(a|b|ab|[a-c]+x)*y$")`,
		"a pattern from the sheet":     `"a" matches v`,
		"lists without doubles":        `len(uniq(map(split(v, ""), # + v)))`,
		"lists in lists":               `uniq([[v], [v]])`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, cell := range []string{short, long} {
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				start := time.Now()
				m := templates.Mapping{Sources: map[string]templates.Source{"v": {Expr: source}}}
				b, problems := templates.NewBinder([]string{"v"}, strs("v"), m)
				values := make([]string, 1)
				if b != nil {
					problems = b.Bind(values, []string{cell})
				}
				took := time.Since(start)
				runtime.ReadMemStats(&after)
				if made := after.TotalAlloc - before.TotalAlloc; made > 64<<20 || took > 5*time.Second {
					t.Errorf("%d bytes of memory, %v", made, took)
				}
				if cell == long && (len(problems) != 1 || problems[0].Code != "VAR-EXPR" || problems[0].Hint == "") {
					t.Errorf("%.40q, %v", values[0], problems)
				}
			}
		})
	}
}

// TestOrdinaryExpressionsHaveRoom shows that the bounds are far from what people write.
func TestOrdinaryExpressionsHaveRoom(t *testing.T) {
	tags := strings.Repeat("one tag, ", 400) + "the last"
	notes := strings.Repeat("word ", 6000)
	for source, want := range map[string]string{
		chain(15, `"x"`, `A + "-"`, "len(A)"):                     "16",
		`len(split(v, ", "))`:                                     "401",
		`join(uniq(split(v, ", ")), " and ")`:                     "one tag and the last",
		`len(join(map(split(v, ", "), title(trim(#))), ", "))`:    "3608",
		`string(uniq([1, 2, 1, "1"])[2]) + string(len(v) > 5)`:    "1true",
		`split("a,b,c", ",", 2)[1]`:                               "b,c",
		`notes matches "word $" and not (notes matches "xyz+")`:   "true",
		`first_word(notes) + " " + string(len(notes))`:            "word 30000",
		`let d = number("2.5"); let e = d * d; string(e + e) + v`: "12.5" + tags,
	} {
		got, problems := bindOne(t, "", templates.Source{Expr: source}, []string{"v", "notes"}, []string{tags, notes})
		if got != want || len(problems) > 0 {
			t.Errorf("%s: got %.80q, want %.80q %v", source, got, want, problems)
		}
	}
}
