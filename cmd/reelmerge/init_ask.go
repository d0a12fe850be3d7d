package main

import (
	"bytes"
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/templates"
)

// answer asks until the answer is valid or empty. wrong returns what is wrong with an
// answer.
func (d *draft) answer(question string, wrong func(string) string) string {
	if d.ask == nil {
		return ""
	}
	for range 5 {
		text := d.ask(question)
		if text == "" {
			return ""
		}
		fault := wrong(text)
		if fault == "" {
			return text
		}
		d.app.say("%s", fault)
	}
	return ""
}

func positive(text string) string {
	if n, err := credit.Parse(text); err != nil || n <= 0 {
		return "write a number above zero, with a point: 42.5"
	}
	return ""
}

// askWhatNobodyPublishes asks for the length, the price and the address, if neither the
// service nor the template tells them.
func (d *draft) askWhatNobodyPublishes() {
	if d.service.BaseURL == "" {
		d.baseURL = d.answer(fmt.Sprintf("At which address is your %s? (empty: later)", d.service.Title), func(text string) string {
			if !strings.HasPrefix(text, "https://") {
				return "write an address that begins with https://"
			}
			return ""
		})
		if d.baseURL == "" {
			d.open = append(d.open, campaign.OpenPoint{What: d.service.Title + " has no address of its own", Cure: "a paid run needs yours; the sandbox does not",
				Section: "provider", Lines: []string{"base_url: https://…"}})
		}
	}
	for _, s := range reelmerge.Settings(d.service) {
		d.open = append(d.open, campaign.OpenPoint{What: d.service.Title + " wants to know " + s.Hint, Cure: "a paid run needs yours; the sandbox does not",
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
		d.open = append(d.open, campaign.OpenPoint{What: "the length of one video is not known, and so its cost is not",
			Cure: `add "duration": {"base_seconds": 60} to the template, with the seconds of one video`})
	case d.priced(request, minute, providers.Prices{PerJob: &one}):
		d.askPrice()
	default:
		d.open = append(d.open, campaign.OpenPoint{What: d.service.Title + " publishes no prices",
			Cure:    "write a table with the columns model, quality, duration (seconds) and credits",
			Section: "prices", Lines: []string{"table: prices.csv"}})
	}
}

// priced reports whether the service can price a request with these prices.
func (d *draft) priced(r providers.Request, length job.Length, p providers.Prices) bool {
	checker, err := d.service.NewChecker(d.parsed.Operation, p)
	return err == nil && checker.Quote(r, length).Known()
}

var inMoney = regexp.MustCompile(`^([0-9]+(?:\.[0-9]{1,6})?) ?([A-Za-z]{3})$`)

// askMoney asks what a unit of the service costs. That is a matter of the contract, and
// no service publishes it.
func (d *draft) askMoney(r providers.Request) {
	checker, err := d.service.NewChecker(d.parsed.Operation, providers.Prices{})
	if err != nil {
		return
	}
	unit := strings.TrimSuffix(checker.Account(r).Unit, "s")
	answer := d.answer(fmt.Sprintf("What does one %s cost you at %s, for example 0.85 EUR? (empty: shown in %ss alone)", unit, d.service.Title, unit),
		func(text string) string {
			if !inMoney.MatchString(text) {
				return "write a number with a point and a currency: 0.85 EUR"
			}
			return ""
		})
	if m := inMoney.FindStringSubmatch(answer); m != nil {
		d.prices = []string{"per_unit: " + m[1], "currency: " + strings.ToUpper(m[2]), "as_of: " + time.Now().Format(time.DateOnly)}
	}
}

func lengthOf(i templates.Interval) job.Length {
	if !i.Known {
		return job.Length{}
	}
	in := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	return job.Length{Low: in(i.Low), Likely: in(i.Likely), High: in(i.High)}
}

func (d *draft) askPrice() {
	perJob := d.answer(fmt.Sprintf("%s publishes no prices. What does one video cost you? (empty: not known)", d.service.Title), positive)
	if perJob == "" {
		d.open = append(d.open, campaign.OpenPoint{What: d.service.Title + " publishes no prices", Cure: "say what one video costs you, and in which unit",
			Section: "prices", Lines: []string{"unit: EUR", "per_job: 0.50"}})
		return
	}
	unit := d.answer("In which unit, for example EUR or credits?", func(string) string { return "" })
	d.prices = []string{"unit: " + campaign.Text(cmp.Or(unit, "credits")), "per_job: " + perJob}
}
