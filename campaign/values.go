package campaign

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/language"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/publicnet"
)

// Each function of this file reads one value of a campaign. Its error becomes the hint of a
// problem, so it says which values are accepted.

func text(s string) (string, error) { return s, nil }

func secretText(s string) (Secret, error) { return Secret{s}, nil }

// databaseURL reads the address of a PostgreSQL database. A variable may hold all of it.
func databaseURL(s string) (Secret, error) {
	if reference.MatchString(s) || strings.HasPrefix(s, "postgres://") || strings.HasPrefix(s, "postgresql://") {
		return Secret{s}, nil
	}
	return Secret{}, errors.New("want the address of a PostgreSQL database, such as postgres://user@db.example.com/reelmerge, best in a variable: ${REELMERGE_STORE}")
}

// hasPassword reports whether an address has a password in it that is no reference.
func hasPassword(address string) bool {
	user, _, at := strings.Cut(address, "@")
	_, rest, _ := strings.Cut(user, "://")
	_, password, given := strings.Cut(rest, ":")
	return at && given && !onlyRefers(password) || strings.Contains(address, "password=")
}

// boolean reads the words of YAML 1.2. "yes" and "no" are refused, since older YAML takes
// them for booleans and newer YAML for texts.
func boolean(s string) (bool, error) {
	switch s {
	case "true", "True", "TRUE":
		return true, nil
	case "false", "False", "FALSE":
		return false, nil
	}
	return false, errors.New("write true or false")
}

func integer(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0, errors.New("want a whole number")
	}
	return n, nil
}

// between reads a whole decimal number; 0x10 or 010 mean nothing here.
func between(low, high int) func(string) (int, error) {
	return func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return 0, fmt.Errorf("want a whole number from %d to %d", low, high)
		}
		return n, nil
	}
}

// duration reads a span of time. The upper bound catches a wrong unit: no limit of a
// service lasts for months.
func duration(least time.Duration) func(string) (time.Duration, error) {
	return func(s string) (time.Duration, error) {
		d, err := time.ParseDuration(strings.ReplaceAll(s, " ", ""))
		if err != nil || d < least || d > 90*24*time.Hour {
			return 0, errors.New("want a span of time with its unit, such as 50ms, 15s, 5m or 2h")
		}
		return d, nil
	}
}

// amount reads an amount exactly, from its digits. A float would round prices.
func amount(s string) (credit.Amount, error) {
	a, err := credit.Parse(s)
	if err != nil || a < 0 {
		return 0, errors.New("want a number that is not negative, with a point and at most six decimal places, such as 120 or 0.85")
	}
	return a, nil
}

func oneOf(words ...string) func(string) (string, error) {
	return func(s string) (string, error) {
		if slices.Contains(words, s) {
			return s, nil
		}
		return "", errors.New("want one of " + strings.Join(words, ", "))
	}
}

// name reads the campaign's name, which stands in titles and on one line of tables.
func (r *reader) name(s string) (string, error) {
	if strings.ContainsFunc(s, func(c rune) bool { return c < ' ' }) || utf8.RuneCountInString(s) > 200 {
		return "", errors.New("want a name on one line, of at most 200 characters")
	}
	return s, nil
}

// locale reads a language tag and returns its standard spelling, so that de_DE and de-DE
// are one language.
func locale(s string) (string, error) {
	tag, err := language.Parse(s)
	if err != nil {
		return "", errors.New("want a language tag such as en-GB, de or fr-CA")
	}
	return tag.String(), nil
}

// delimiter reads one character. A quote or a line break cannot separate cells, since CSV
// uses them for itself.
func delimiter(s string) (string, error) {
	switch {
	case s == "tab" || s == `\t`:
		return "\t", nil
	case utf8.RuneCountInString(s) != 1 || strings.ContainsAny(s, "\"\n\r"):
		return "", errors.New(`want one character, such as ";" or "," or "|", or the word tab`)
	}
	return s, nil
}

// baseURL reads the address of a service. Plain http is accepted for this machine only:
// over a network anyone on the way could read the token. A user or a query is refused,
// because the address is shown and joined with paths.
func baseURL(s string) (string, error) {
	u, err := url.Parse(s)
	want := errors.New("want an address such as https://api.example.com; http only for this machine")
	switch {
	case err != nil, u.Host == "", u.RawQuery != "", u.Fragment != "", u.User != nil:
		return "", want
	case u.Scheme == "https", u.Scheme == "http" && publicnet.IsLoopback(u.Hostname()):
		return strings.TrimRight(s, "/"), nil
	}
	return "", want
}

// accountNames are what an account may be called. The name is hashed with the address, and
// shown to people.
var accountNames = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// accountName reads the name of an account.
func accountName(s string) (string, error) {
	if !accountNames.MatchString(s) {
		return "", errors.New("want a name such as main or agency-2: letters, digits, dots, dashes and underscores, at most 64")
	}
	return s, nil
}

// httpsURL reads a public address. A fragment is refused because it is never sent.
func httpsURL(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.Fragment != "" {
		return "", errors.New("want a public https address, such as https://hooks.example.com/reelmerge")
	}
	return s, nil
}

// publicFolder takes the address of a folder, to which names of files are added. A query
// would come before them.
func publicFolder(s string) (string, error) {
	if _, err := httpsURL(s); err != nil || strings.Contains(s, "?") {
		return "", errors.New("want the public https address of a folder, such as https://cdn.example.com/spring/")
	}
	return strings.TrimRight(s, "/") + "/", nil
}

func listenAddress(s string) (string, error) {
	_, port, err := net.SplitHostPort(s)
	if n, perr := strconv.Atoi(port); err != nil || perr != nil || n < 0 || n > 65535 {
		return "", errors.New(`want host:port, or ":8080" for every address of this machine`)
	}
	return s, nil
}

func isoDate(s string) (string, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", errors.New("want a date such as 2026-11-01")
	}
	return s, nil
}

// dateLayout tries a layout on two times that differ in every part. If both give the same
// text, the layout has no part of a date, and every row would show the same.
func dateLayout(s string) (string, error) {
	one := time.Date(2019, 11, 28, 17, 18, 19, 0, time.UTC)
	other := time.Date(2024, 5, 7, 8, 9, 10, 0, time.UTC)
	if !strings.ContainsAny(s, "0123456789") {
		s = lettered.ReplaceAllStringFunc(s, goLayout)
	}
	if one.Format(s) == other.Format(s) {
		return "", errors.New("write the way dates shall look, such as D MMMM YYYY, DD.MM.YYYY or YYYY-MM-DD")
	}
	return s, nil
}

// lettered finds the parts of a date as spreadsheet programs write them.
var lettered = regexp.MustCompile(`(?i)y+|m+|d+`)

// goLayout is a part of a date in the notation that dates are written with. A part that
// does not exist stays, and is refused.
func goLayout(part string) string {
	return cmp.Or(map[string]string{
		"YYYY": "2006", "YY": "06", "MMMM": "January", "MMM": "Jan", "MM": "01", "M": "1", "DDDD": "Monday", "DDD": "Mon", "DD": "02", "D": "2",
	}[strings.ToUpper(part)], part)
}

// currency reads the code of a currency in any case. Whether the currency exists is not
// checked: a list of them would grow old.
func currency(s string) (string, error) {
	upper := strings.ToUpper(s)
	if len(upper) != 3 || strings.Trim(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return "", errors.New("want the three letters of a currency, such as EUR or USD")
	}
	return upper, nil
}

// encodingName accepts what every browser knows as the name of a character set.
func encodingName(s string) (string, error) {
	if _, err := htmlindex.Get(s); err != nil {
		return "", errors.New("want the name of a character set, such as utf-8, windows-1252 or utf-16le")
	}
	return s, nil
}

// filename reads a pattern of file names. It must stay inside the output folder, and
// differ from row to row: otherwise each video would replace the last one.
func filename(s string) (string, error) {
	clean := filepath.ToSlash(filepath.Clean(filepath.FromSlash(s)))
	switch {
	case filepath.IsAbs(s), strings.HasPrefix(s, "/"), clean == "..", strings.HasPrefix(clean, "../"):
		return "", errors.New("want a name inside the output folder")
	case !strings.Contains(s, "{") || !strings.Contains(s, "}"):
		return "", errors.New("want a name that differs from row to row, such as {key}.mp4")
	}
	return s, nil
}

// headerName refuses headers that the HTTP client sets itself, and those that make proxies
// or libraries repeat a request, which may be paid.
func headerName(s string) error {
	const allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	if s == "" || strings.Trim(s, allowed) != "" {
		return errors.New("a header's name has letters, digits and hyphens")
	}
	switch strings.ToLower(s) {
	case "host", "content-length", "content-type", "transfer-encoding", "connection":
		return errors.New("reelmerge sets this header by itself")
	case "idempotency-key", "x-idempotency-key":
		return errors.New("this header makes a paid request repeat by itself; the services do not know it")
	}
	return nil
}
