package numfmt

import "strings"

// Builtin returns a number format that workbooks do not spell out, by its number. It
// returns nil for a number without a format, which shows as General does.
//
// Some of these formats follow the computer's settings. Their dates are written as ISO 8601
// and their amounts with $; computer reports the latter, because the cell does not say
// which currency it means.
func Builtin(id int) (f *Format, computer bool) {
	codes := [...]string{1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00",
		5: `"$"#,##0;("$"#,##0)`, 6: `"$"#,##0;("$"#,##0)`, 7: `"$"#,##0.00;("$"#,##0.00)`, 8: `"$"#,##0.00;("$"#,##0.00)`,
		9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?", 13: "# ??/??",
		18: "h:mm AM/PM", 19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss",
		37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
		41: `#,##0;(#,##0);"-"`, 42: `"$"#,##0;"$"(#,##0);"$-"`, 43: `#,##0.00;(#,##0.00);"-"`, 44: `"$"#,##0.00;"$"(#,##0.00);"$-"`,
		45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@"}
	// Dates that follow the computer's settings are not in the table.
	if id < 0 || id >= len(codes) || codes[id] == "" {
		return builtinOfComputer(id), false
	}
	return Parse(codes[id]), strings.Contains(codes[id], `"$"`)
}

// builtinOfComputer returns a format that follows the computer's settings. It returns nil
// for a number that no program uses.
func builtinOfComputer(id int) *Format {
	between := func(from, to int) bool { return id >= from && id <= to }
	switch {
	case id == 22, id == 77: // a date with its time
		return system(true, true)
	case between(32, 33), between(75, 76): // times in Chinese, Japanese, Korean, Thai
		return system(false, true)
	case between(34, 35), between(55, 56): // times in Chinese, dates in Japanese and Korean
		return either()
	case between(14, 17), between(27, 36), between(50, 58), between(71, 74), id == 81:
		return system(true, false)
	case between(59, 62), between(67, 70), between(78, 80): // Thai digits, on a Thai computer
		return &Format{code: "of Thai digits", sections: []*section{{unknown: "the form of its digits"}}}
	}
	return nil
}

// system returns a format of dates, of times, or of both, that follows the computer's
// settings. It has no items: such a value is written as ISO 8601.
func system(day, clock bool) *Format {
	p := &section{kind: Time, system: true, day: day, clock: clock}
	if day {
		p.kind = Date
	}
	return &Format{code: "of the computer", sections: []*section{p}}
}

// either returns a format that shows a time in one country and a date in another. A number
// below 1 has no day, so it is a time.
func either() *Format {
	f := system(false, true)
	f.sections[0].cond = "<"
	f.sections[0].limit = 1
	f.sections = append(f.sections, system(true, false).sections[0])
	return f
}
