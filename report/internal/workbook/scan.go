package workbook

import (
	"fmt"
	"strconv"

	"github.com/reelmerge/reelmerge/internal/xmltoken"
)

// value returns an attribute as it stands in the file, or "".
func value(t *xmltoken.Token, name string) string {
	from, to, _ := t.Find(name)
	return string(t.Raw[from:to])
}

// number reads an attribute that counts; what is no number is 0.
func number(t *xmltoken.Token, name string) int {
	n, err := strconv.Atoi(value(t, name))
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// withValue returns the tag with another value of an attribute that it has.
func withValue(t *xmltoken.Token, name, value string) []byte {
	from, to, ok := t.Find(name)
	if !ok {
		return t.Raw
	}
	return append(append(append([]byte(nil), t.Raw[:from]...), value...), t.Raw[to:]...)
}

// columnOf reads the column of an address such as "AB12"; 0 where there is none.
func columnOf(address []byte) int {
	column := 0
	for _, c := range address {
		if c < 'A' || c > 'Z' {
			break
		}
		if column = column*26 + int(c-'A') + 1; column > mostColumns {
			return 0
		}
	}
	return column
}

// letters is the inverse of columnOf.
func letters(column int) string {
	var b []byte
	for ; column > 0; column = (column - 1) / 26 {
		b = append([]byte{byte('A' + (column-1)%26)}, b...)
	}
	return string(b)
}

func badSheet(why string) error { return fmt.Errorf("%w: %s", ErrWorkbook, why) }
