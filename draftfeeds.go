package reelmerge

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/templates"
	"github.com/reelmerge/reelmerge/templates/form"
)

// mapColumns finds the column of each variable: the one that a person has chosen, or the
// one of its name. It asks for the others.
func (d *Draft) mapColumns(context.Context) error {
	columns := d.names()
	for i, v := range d.parsed.Variables {
		f := Feed{Variable: v.Name, Column: d.named[v.Name], Required: v.Required, Near: nearColumn(v.Name, columns)}
		if b, _ := templates.NewBinder(columns, d.parsed.Variables[i:i+1], templates.Mapping{}); b != nil && f.Column == "" {
			f.Column = b.Matches()[0].Column
		}
		switch own, said := d.options.Columns[v.Name]; {
		case said && own != "" && d.column(own) == nil:
			return fail(Usage, fmt.Errorf("the sheet has no column %q", own), wording.NearestOr(own, columns, "its columns are: "+strings.Join(columns, ", ")))
		case said:
			f.Column = own
		case f.Column == "" && f.Required:
			f.Column = d.askColumn(f, columns)
		}
		if c := d.column(f.Column); c != nil {
			f.Example = c.Example
		}
		d.Variables = append(d.Variables, f)
		if f.Column == "" && f.Required {
			d.leaveVariable(f)
		}
	}
	return nil
}

func (d *Draft) askColumn(f Feed, columns []string) string {
	var listed []string
	for i, c := range columns {
		listed = append(listed, fmt.Sprintf("%d) %s", i+1, c))
	}
	text := fmt.Sprintf("Which column is %q? %s:", f.Variable, strings.Join(listed, ", "))
	if f.Near != "" {
		text += fmt.Sprintf(" [%s]", f.Near)
	}
	return chosen(d.ask(DraftQuestion{About: DraftColumn, Text: text, Proposal: f.Near, Wrong: func(text string) string {
		if chosen(text, columns) == "" {
			return fmt.Sprintf("there is no column %q", text)
		}
		return ""
	}}), columns)
}

// chosen is the name that an answer means: by its number, or by its letters.
func chosen(answer string, names []string) string {
	if n, err := strconv.Atoi(answer); err == nil && n > 0 && n <= len(names) {
		return names[n-1]
	}
	for _, name := range names {
		if answer != "" && letters(name) == letters(answer) {
			return name
		}
	}
	return ""
}

// nearColumn is a column that may be meant by a variable: its name differs by a typing
// error, or one name contains the other.
func nearColumn(variable string, columns []string) string {
	return cmp.Or(wording.Overlapping(variable, columns, letters, 3), wording.Nearest(variable, columns, letters))
}

// letters is a name without what people leave out when they type it.
func letters(name string) string { return strings.ReplaceAll(form.Fold(name), "_", "") }

func (d *Draft) leaveVariable(f Feed) {
	cure := "write its column, or {value: …} for the same in every video"
	if f.Near != "" {
		cure = fmt.Sprintf("perhaps %q; %s", f.Near, cure)
	}
	d.leave(campaign.OpenPoint{
		What: fmt.Sprintf("no column is called %s", f.Variable), Cure: cure,
		Section: "variables", Lines: []string{fmt.Sprintf("%s: %s", f.Variable, campaign.Text(cmp.Or(f.Near, "COLUMN")))},
	})
}

// askWhatNobodyPublishes asks for the length, the price and the address, if neither the
// service nor the template tells them.
func (d *Draft) askWhatNobodyPublishes() {
	if d.service.BaseURL == "" {
		d.askAddress()
	}
	for _, s := range Settings(d.service) {
		d.leave(campaign.OpenPoint{What: d.service.Title + " wants to know " + s.Hint, Cure: "a paid run needs yours; the sandbox does not",
			Section: "provider", Lines: []string{"settings: {" + s.Name + ": …}"}})
	}
	var out templates.Rendered
	d.program.Row(d.parsed.Examples(), &out)
	request := providers.Request{Operation: d.parsed.Operation, Body: bytes.Clone(out.Body)}
	minute := job.Length{Low: time.Minute, Likely: time.Minute, High: time.Minute}
	switch one := credit.Unit; {
	case d.priced(request, lengthOf(out.Seconds), providers.Prices{}):
		d.askMoney(request)
	case d.priced(request, minute, providers.Prices{}):
		d.askMoney(request)
		d.leave(campaign.OpenPoint{What: "the length of one video is not known, and so its cost is not",
			Cure: `add "duration": {"base_seconds": 60} to the template, with the seconds of one video`})
	case d.priced(request, minute, providers.Prices{PerJob: &one}):
		d.askPrice()
	default:
		d.leave(campaign.OpenPoint{What: d.service.Title + " publishes no prices",
			Cure:    "write a table with the columns model, quality, duration (seconds) and credits",
			Section: "prices", Lines: []string{"table: prices.csv"}})
	}
}

func (d *Draft) askAddress() {
	d.baseURL = d.ask(DraftQuestion{About: DraftAddress, Text: fmt.Sprintf("At which address is your %s? (empty: later)", d.service.Title), Wrong: func(text string) string {
		if !strings.HasPrefix(text, "https://") {
			return "write an address that begins with https://"
		}
		return ""
	}})
	if d.baseURL == "" {
		d.leave(campaign.OpenPoint{What: d.service.Title + " has no address of its own", Cure: "a paid run needs yours; the sandbox does not",
			Section: "provider", Lines: []string{"base_url: https://…"}})
	}
}

// priced reports whether the service can price a request with these prices.
func (d *Draft) priced(r providers.Request, length job.Length, p providers.Prices) bool {
	checker, err := d.service.NewChecker(d.parsed.Operation, p)
	return err == nil && checker.Quote(r, length).Known()
}

func lengthOf(i templates.Interval) job.Length {
	if !i.Known {
		return job.Length{}
	}
	in := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return job.Length{Low: in(i.Low), Likely: in(i.Likely), High: in(i.High)}
}

var moneyText = regexp.MustCompile(`^([0-9]+(?:\.[0-9]{1,6})?) ?([A-Za-z]{3})$`)

// askMoney asks what a unit of the service costs. That is a matter of the contract, and
// no service publishes it.
func (d *Draft) askMoney(r providers.Request) {
	checker, err := d.service.NewChecker(d.parsed.Operation, providers.Prices{})
	if err != nil {
		return
	}
	unit := strings.TrimSuffix(checker.Account(r).Unit, "s")
	answer := d.ask(DraftQuestion{
		About: DraftMoney, Text: fmt.Sprintf("What does one %s cost you at %s, for example 0.85 EUR? (empty: shown in %ss alone)", unit, d.service.Title, unit),
		Wrong: func(text string) string {
			if !moneyText.MatchString(text) {
				return "write a number with a point and a currency: 0.85 EUR"
			}
			return ""
		},
	})
	if m := moneyText.FindStringSubmatch(answer); m != nil {
		d.prices = []string{"per_unit: " + m[1], "currency: " + strings.ToUpper(m[2]), "as_of: " + time.Now().Format(time.DateOnly)}
	}
}

func (d *Draft) askPrice() {
	price := d.ask(DraftQuestion{About: DraftPrice, Text: fmt.Sprintf("%s publishes no prices. What does one video cost you? (empty: not known)", d.service.Title), Wrong: positive})
	if price == "" {
		d.leave(campaign.OpenPoint{What: d.service.Title + " publishes no prices", Cure: "say what one video costs you, and in which unit",
			Section: "prices", Lines: []string{"unit: EUR", "per_job: 0.50"}})
		return
	}
	unit := d.ask(DraftQuestion{About: DraftUnit, Text: "In which unit, for example EUR or credits?", Wrong: func(string) string { return "" }})
	d.prices = []string{"unit: " + campaign.Text(cmp.Or(unit, "credits")), "per_job: " + price}
}
