package speech

// unitLetters returns the letters of the word for a unit behind a number, for most
// languages of Europe. It returns 0 for anything else.
func unitLetters(sign string) float64 {
	switch sign {
	case "km/h", "mAh":
		return 19
	case "cm²":
		return 18
	case "m/s", "km²", "°F":
		return 17
	case "kWh", "°C", "kcal":
		return 14
	case "m²":
		return 13
	case "m³", "cm", "mm", "ml", "cl":
		return 11
	case "km", "mg":
		return 10
	case "kg", "kW", "MW", "GB", "TB", "kB", "kHz", "MHz", "GHz":
		return 9
	case "MB", "dB":
		return 8
	case "min":
		return 7
	case "m", "l", "L", "lb", "lbs", "oz":
		return 6
	case "g", "h", "Hz":
		return 5
	case "ft":
		return 4
	}
	return 0
}

// apartLetters returns the same for units that need a space in front: "1990s" are no
// seconds.
func apartLetters(sign string) float64 {
	switch sign {
	case "mph":
		return 14
	case "ms":
		return 12
	case "ha":
		return 8
	case "s":
		return 7
	case "t":
		return 5
	case "V", "W":
		return 4
	}
	return 0
}

const longestSign = len("km/h") + 1 // bytes; cm² has as many

// unit measures the unit at the start of s, with the space before it. size is 0 if there is
// none.
func unit(s string) (letters float64, size int) {
	space := spaceAt(s)
	end := space
	for end < len(s) && isSignByte(s[end]) {
		if end++; end-space > longestSign {
			return 0, 0
		}
	}
	// A letter, digit or apostrophe behind it shows that this is the start of a word.
	if end == space || end < len(s) && (isWordByte(s[end]) || s[end] == '\'') {
		return 0, 0
	}
	letters = unitLetters(s[space:end])
	if letters == 0 && space > 0 {
		letters = apartLetters(s[space:end])
	}
	if letters == 0 {
		return 0, 0
	}
	return letters, end
}

// spaceAt returns the size of the space at the start of s. It knows spaces that do not
// break a line, too.
func spaceAt(s string) int {
	switch {
	case s == "":
		return 0
	case s[0] == ' ':
		return 1
	case len(s) > 1 && s[:2] == "\u00a0":
		return 2
	case len(s) > 2 && s[:3] == "\u202f":
		return 3
	}
	return 0
}

// isSignByte reports whether a byte may be part of a unit: a letter, the slash, or a byte
// of °, ² and ³.
func isSignByte(b byte) bool {
	return isASCIILetter(rune(b)) || b == '/' || b == 0xc2 || b == 0xb0 || b == 0xb2 || b == 0xb3
}
