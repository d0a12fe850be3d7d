// Command makesheet writes the sheet of the template-job example: 200 customers
// as a spreadsheet program would save them, with real dates, money formats,
// customer numbers with leading zeros, names in several scripts, a second sheet
// and columns that no video needs.
//
//	go run ./examples/internal/makesheet examples/template-job/customers.xlsx
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/xuri/excelize/v2"
)

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func firstNames() []string {
	return []string{
		"Ada", "Zoë", "José", "Łukasz", "Anne-Marie", "O'Neil", "Ngọc", "李雷", "Мария", "Σοφία",
		"Bartholomew", "Siân", "Jürgen", "Chloé", "van der Berg", "McDonald", "Ōta", "Ana", "Grace", "Linus",
	}
}

func cities() []string {
	return []string{"Lisbon", "München", "Kraków", "São Paulo", "", "Århus", "Dublin", "Reykjavík", "Hà Nội", "Żory"}
}

const rows = 200

func write(path string) error {
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", "Customers"); err != nil {
		return err
	}
	if _, err := f.NewSheet("Notes"); err != nil {
		return err
	}
	steps := []func(*excelize.File) error{fill, format, notes}
	for _, step := range steps {
		if err := step(f); err != nil {
			return err
		}
	}
	return f.SaveAs(path)
}

func fill(f *excelize.File) error {
	header := []any{"Customer ID", "First Name", "City", "Renewal Date", "Amount", "Last call"}
	if err := f.SetSheetRow("Customers", "A1", &header); err != nil {
		return err
	}
	names, places := firstNames(), cities()
	first := time.Date(2027, 1, 4, 0, 0, 0, 0, time.UTC)
	for i := range rows {
		row := []any{
			4711 + 7*i, names[i*7%len(names)], places[i*3%len(places)], first.AddDate(0, 0, i*5%330),
			float64(9900+i*1237%250000) / 100, "call " + fmt.Sprint(1+i%4),
		}
		if err := f.SetSheetRow("Customers", fmt.Sprintf("A%d", i+2), &row); err != nil {
			return err
		}
	}
	return nil
}

func format(f *excelize.File) error {
	for column, pattern := range map[string]string{"A": "000000", "D": "dd.mm.yyyy", "E": `"€"#,##0.00`} {
		style, err := f.NewStyle(&excelize.Style{CustomNumFmt: &pattern})
		if err != nil {
			return err
		}
		cells := [2]string{column + "2", fmt.Sprintf("%s%d", column, rows+1)}
		if err := f.SetCellStyle("Customers", cells[0], cells[1], style); err != nil {
			return err
		}
		if err := f.SetColWidth("Customers", column, column, 16); err != nil {
			return err
		}
	}
	return nil
}

func notes(f *excelize.File) error {
	return f.SetCellValue("Notes", "A1", "Agreed with sales: nobody who called this week.")
}
