// Package declared makes a service of a description: a file that says how a video service
// is spoken to, and no program.
//
// [Parse] reads the file. It refuses what it does not know, with line, column and the
// nearest name that is known, and then holds the description to rules that a schema cannot
// say: every hole can be filled, every pointer leads to something in a recording, no word
// means two things. [Description.Service] turns the result into an ordinary
// [providers.Service].
//
// A description uses three small languages. A JSON Pointer reads an answer.
// A hole such as {job} builds a path, a query or a header. An expression decides whether a
// rule holds or a price counts. None of them can loop, read a file or see a variable of the
// environment.
//
// A description is not believed where money is at stake: what it leaves out is unknown, a
// search proves something only where the vendor says that its list is complete, and
// credentials go to the hosts that it names and nowhere else.
package declared

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
)

// Service returns the service of a description with the settings of a campaign in place.
// It fails if the campaign sets what the description does not have.
func (d *Description) Service(chosen map[string]string) (providers.Service, error) {
	settings, err := d.settings(chosen)
	if err != nil {
		return providers.Service{}, err
	}
	s := d.with(settings)
	s.BaseURL, err = d.base(settings)
	return s, err
}

// Played returns the description as the simulator plays it: keys and lists are there as they
// are described, also where the vendor does not state them.
func (d *Description) Played() *Description {
	played := *d
	played.played = true
	return &played
}

// ForTest returns the description in which each submit is one of the service's test mode.
func (d *Description) ForTest() *Description {
	test := *d
	test.Settings = maps.Clone(d.Settings)
	for name, value := range d.Test.Settings {
		s := d.Settings[name]
		s.Always = value
		test.Settings[name] = s
	}
	test.Operations = map[string]*Operation{}
	for name, o := range d.Operations {
		own := *o
		own.Submit.Fixed = maps.Clone(o.Submit.Fixed)
		if own.Submit.Fixed == nil {
			own.Submit.Fixed = map[string]any{}
		}
		maps.Copy(own.Submit.Fixed, d.Test.Fixed)
		test.Operations[name] = &own
	}
	return &test
}

// Listed returns the service as lists show it, before a campaign chose anything.
func (d *Description) Listed() providers.Service {
	settings := map[string]string{}
	for name, s := range d.Settings {
		settings[name] = s.Default
	}
	s := d.with(settings)
	if base, err := d.base(settings); err == nil {
		s.BaseURL = base
	}
	return s
}

// with returns the service with settings that are complete.
func (d *Description) with(settings map[string]string) providers.Service {
	s := providers.Service{
		Name: d.Name, Title: d.Title, Described: d,
		TokenHint: cmp.Or(d.TokenHint, "the pages of "+d.Title+" about its API"),
		NewChecker: func(operation string, p providers.Prices) (providers.Checker, error) {
			return d.checker(operation, p)
		},
		New: func(c providers.Config) (providers.Provider, error) { return d.client(c, settings) },
	}
	for _, name := range slices.Sorted(maps.Keys(d.Operations)) {
		s.Operations = append(s.Operations, providers.Operation{
			Name: d.Name + "/" + name, Summary: d.Operations[name].Summary,
			Schema: d.requestSchema(name), Starter: d.starter(name),
		})
	}
	return s
}

// NeedsToken reports whether calls carry a token.
func (d *Description) NeedsToken() bool { return d.Auth.Scheme != "none" }

// settings joins what a campaign chose with the defaults.
func (d *Description) settings(chosen map[string]string) (map[string]string, error) {
	for name := range chosen {
		if _, known := d.Settings[name]; !known {
			return nil, fmt.Errorf("%s has no setting %q", d.Title, name)
		}
	}
	all := map[string]string{}
	for name, s := range d.Settings {
		all[name] = cmp.Or(s.Always, chosen[name], s.Default)
	}
	return all, nil
}

// Missing lists the settings that a campaign must choose before it pays, and has not. The
// simulator goes without them.
func (d *Description) Missing(chosen map[string]string) (names []string) {
	for name, s := range d.Settings {
		if s.Required && cmp.Or(s.Always, chosen[name], s.Default) == "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// base is the base URL with its settings in place.
func (d *Description) base(settings map[string]string) (string, error) {
	return d.BaseURL.fill(values{settings: settings}, inPath)
}

// operation finds an operation by its full name.
func (d *Description) operation(name string) (*Operation, bool) {
	service, short, _ := strings.Cut(name, "/")
	o, known := d.Operations[short]
	return o, known && service == d.Name
}

// Elsewhere lists the hosts of another description that this one does not name.
func (d *Description) Elsewhere(other *Description) (hosts []string) {
	for _, h := range other.Hosts {
		if !slices.ContainsFunc(d.Hosts, func(known string) bool { return strings.EqualFold(h, known) }) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// mayHave reports whether credentials may go to a host with its port. {base} stands for the
// host that the campaign names as the service's address.
func (d *Description) mayHave(host, base string) bool {
	bare := host
	if u, err := url.Parse("//" + host); err == nil {
		bare = u.Hostname()
	}
	return slices.ContainsFunc(d.Hosts, func(h string) bool {
		switch {
		case strings.HasPrefix(h, "*."): // for downloads alone, which carry no token
			return false
		case h == "{base}":
			return base != "" && strings.EqualFold(host, base)
		case strings.Contains(h, ":"):
			return strings.EqualFold(h, host)
		}
		return strings.EqualFold(h, bare)
	})
}
