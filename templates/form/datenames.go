package form

import (
	"strings"
)

// calendar holds the names of months and weekdays in a language, in the form they have in
// the middle of a date: Polish months in the genitive. Weekdays begin with Sunday.
type calendar struct {
	months, shortMonths     []string
	weekdays, shortWeekdays []string
}

// calendarNames returns the names of a language, or none if they are not known.
func calendarNames(language string) calendar {
	lines, ok := namesOf()[sameCalendar(language)]
	if !ok {
		return calendar{}
	}
	return calendar{strings.Fields(lines[0]), strings.Fields(lines[1]), strings.Fields(lines[2]), strings.Fields(lines[3])}
}

// isMonthOrDay reports whether a word is the full name of a month or weekday in any known
// language. People often write an example date instead of a format.
func isMonthOrDay(word string) bool {
	word = Fold(word)
	for _, lines := range namesOf() {
		for _, names := range []string{lines[0], lines[2]} {
			for name := range strings.FieldsSeq(names) {
				if Fold(name) == word {
					return true
				}
			}
		}
	}
	return false
}

// namesOf returns the months, short months, weekdays and short weekdays of each language.
func namesOf() map[string][4]string {
	return map[string][4]string{
		"en": {"January February March April May June July August September October November December",
			"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
			"Sunday Monday Tuesday Wednesday Thursday Friday Saturday", "Sun Mon Tue Wed Thu Fri Sat"},
		"de": {"Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
			"Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
			"Sonntag Montag Dienstag Mittwoch Donnerstag Freitag Samstag", "So Mo Di Mi Do Fr Sa"},
		"fr": {"janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
			"janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
			"dimanche lundi mardi mercredi jeudi vendredi samedi", "dim. lun. mar. mer. jeu. ven. sam."},
		"es": {"enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
			"ene feb mar abr may jun jul ago sept oct nov dic",
			"domingo lunes martes miércoles jueves viernes sábado", "dom lun mar mié jue vie sáb"},
		"it": {"gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
			"gen feb mar apr mag giu lug ago set ott nov dic",
			"domenica lunedì martedì mercoledì giovedì venerdì sabato", "dom lun mar mer gio ven sab"},
		"pt": {"janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
			"jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
			"domingo segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado", "dom. seg. ter. qua. qui. sex. sáb."},
		"nl": {"januari februari maart april mei juni juli augustus september oktober november december",
			"jan feb mrt apr mei jun jul aug sep okt nov dec",
			"zondag maandag dinsdag woensdag donderdag vrijdag zaterdag", "zo ma di wo do vr za"},
		"sv": {"januari februari mars april maj juni juli augusti september oktober november december",
			"jan. feb. mars apr. maj juni juli aug. sep. okt. nov. dec.",
			"söndag måndag tisdag onsdag torsdag fredag lördag", "sön mån tis ons tors fre lör"},
		"da": {"januar februar marts april maj juni juli august september oktober november december",
			"jan. feb. mar. apr. maj jun. jul. aug. sep. okt. nov. dec.",
			"søndag mandag tirsdag onsdag torsdag fredag lørdag", "søn. man. tirs. ons. tors. fre. lør."},
		"nb": {"januar februar mars april mai juni juli august september oktober november desember",
			"jan. feb. mars apr. mai juni juli aug. sep. okt. nov. des.",
			"søndag mandag tirsdag onsdag torsdag fredag lørdag", "søn. man. tir. ons. tor. fre. lør."},
		"pl": {"stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
			"sty lut mar kwi maj cze lip sie wrz paź lis gru",
			"niedziela poniedziałek wtorek środa czwartek piątek sobota", "niedz. pon. wt. śr. czw. pt. sob."},
	}
}

// sameCalendar maps the other code of Norwegian to the one in the table.
func sameCalendar(language string) string {
	if language == "no" {
		return "nb"
	}
	return language
}
