package declared

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// View is what a description says, for people who are to trust it.
type View struct {
	Name       string          `json:"name"`
	Title      string          `json:"title"`
	AsOf       string          `json:"as_of"`
	Sunset     string          `json:"sunset,omitempty"`
	BaseURL    string          `json:"base_url"` // empty: the campaign says it
	Hosts      []string        `json:"hosts"`    // that credentials go to
	Sources    []string        `json:"sources"`
	Hash       string          `json:"hash"`
	MadeUp     bool            `json:"made_up"` // no recording of a submit is from anywhere
	Operations []OperationView `json:"operations"`
}

// OperationView is what a description says of one paid call.
type OperationView struct {
	Name    string   `json:"name"`
	Summary string   `json:"summary"`
	Submit  string   `json:"submit"` // method and path
	Lost    []string `json:"lost"`   // what clears up a lost answer, in words, in order
	Price   []string `json:"price"`
	Can     []string `json:"can"` // cancel, delete
}

// View returns what the description says.
func (d *Description) View() View {
	v := View{Name: d.Name, Title: d.Title, AsOf: d.AsOf, Sunset: d.Sunset, BaseURL: d.BaseURL.source, Hosts: d.Hosts, Hash: d.Hash(), MadeUp: d.MadeUp()}
	for _, s := range d.Sources {
		v.Sources = append(v.Sources, s.URL)
	}
	for _, name := range slices.Sorted(maps.Keys(d.Operations)) {
		o := d.Operations[name]
		view := OperationView{Name: d.Name + "/" + name, Summary: o.Summary, Submit: o.Submit.Call.Method + " " + o.Submit.Call.Path.source, Lost: d.ladder(o), Can: []string{}, Price: []string{}}
		if o.Cancel != nil {
			view.Can = append(view.Can, "cancel")
		}
		if o.Delete != nil {
			view.Can = append(view.Can, "delete")
		}
		for _, p := range o.Price {
			view.Price = append(view.Price, p.words(d.Money.Unit))
		}
		v.Operations = append(v.Operations, view)
	}
	return v
}

// ladder says what clears up a lost answer, in the order in which it is tried.
func (d *Description) ladder(o *Operation) (rungs []string) {
	lost := o.Submit.Lost
	if k := lost.Key; k != nil {
		rung := fmt.Sprintf("a key of ours goes along (%s), and holds for %s", k.Name, lasting(time.Duration(k.Holds)))
		if !d.stated(k.Stated) {
			rung += "; not the vendor's word"
		}
		rungs = append(rungs, rung)
	}
	if f := lost.Find; f != nil {
		rung := "jobs are listed: " + f.Call.Method + " " + f.Call.Path.source
		switch {
		case d.complete(o):
			rung += "; a search that finds nothing is proof"
		case f.Complete:
			rung += "; that the list is complete is not the vendor's word, so it proves nothing"
		default:
			rung += "; a search that finds nothing proves nothing"
		}
		rungs = append(rungs, rung)
	}
	return append(rungs, "a person looks: "+lost.Person.Look)
}

// words are a line of the price for people.
func (p Price) words(unit string) string {
	switch {
	case p.Basis == "configured":
		return "what the campaign says under prices"
	case p.Basis == "unknown":
		return "not known"
	case len(p.By) == 0 && p.Rate != nil:
		return fmt.Sprintf("%s %s a %s", *p.Rate, unit, p.Per)
	}
	var rates []string
	for _, name := range slices.Sorted(maps.Keys(p.Table)) {
		rates = append(rates, name+" "+p.Table[name].String())
	}
	if p.Otherwise != nil {
		rates = append(rates, "otherwise "+p.Otherwise.String())
	}
	return fmt.Sprintf("%s a %s by %s: %s", unit, p.Per, strings.Join(p.By, ", "), strings.Join(rates, ", "))
}

// String writes the view as people read it.
func (v View) String() string {
	var b strings.Builder
	line := func(name, value string) { fmt.Fprintf(&b, "%-14s %s\n", name+":", value) }
	line("service", v.Title+" ("+v.Name+")")
	line("address", cmp.Or(v.BaseURL, "the campaign says it"))
	line("token goes to", strings.Join(v.Hosts, ", "))
	line("as of", v.AsOf)
	if v.Sunset != "" {
		line("ends on", v.Sunset)
	}
	for _, s := range v.Sources {
		line("source", s)
	}
	line("hash", v.Hash[:12])
	for _, o := range v.Operations {
		fmt.Fprintf(&b, "\n%s: %s\n", o.Name, o.Summary)
		fmt.Fprintf(&b, "  submit: %s\n", o.Submit)
		for _, rung := range o.Lost {
			fmt.Fprintf(&b, "  an answer is lost: %s\n", rung)
		}
		for _, p := range o.Price {
			fmt.Fprintf(&b, "  price: %s\n", p)
		}
		for _, can := range o.Can {
			fmt.Fprintf(&b, "  can: %s\n", can)
		}
	}
	return b.String()
}
