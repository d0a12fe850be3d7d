package wording

import "testing"

func TestCountSetsThousandsApart(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 7: "7", 999: "999", 1000: "1,000", 1187: "1,187", 1234567: "1,234,567", -1: "-1", -100: "-100", -1187: "-1,187", -999999: "-999,999",
	} {
		if got := Count(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}

func TestNumbersAgreeWithTheirNouns(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", 2: "2 rows", 1187: "1,187 rows", 1000000: "1,000,000 rows"} {
		if got := Plural(n, "row"); got != want {
			t.Errorf("%d is said %q, want %q", n, got, want)
		}
	}
}
