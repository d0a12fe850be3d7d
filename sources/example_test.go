package sources_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/reelmerge/reelmerge/sources"
)

func ExampleOpenReader() {
	sheet := "First Name;City\r\n\r\nZoë;Riga\r\nBob;#N/A\r\n"
	r, err := sources.OpenReader("customers.csv", strings.NewReader(sheet), sources.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	for {
		row, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(row.Number, row.Cells)
		for _, f := range row.Faults {
			fmt.Println(r.Columns()[f.Column].Address(row.Number), f.Code)
		}
	}
	if err := r.Close(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// 3 [Zoë Riga]
	// 4 [Bob #N/A]
	// B4 ROW-ERROR-VALUE
}
