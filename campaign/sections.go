package campaign

import (
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/problem"
)

// campaign fills c from the document with the overrides on top. The sections
// are read in an order that lets one decide the defaults of another.
func (r *reader) campaign(c *File, root *node, sets []string) (*File, problem.List) {
	r.dir = c.Dir
	r.override(root, sets)
	r.strayReferences(root, "")
	s := &section{r: r, node: root}
	read(s, "name", &c.Name, r.name)
	r.rows(s.section("rows"), &c.Rows)
	c.Locale = "en"
	read(s, "locale", &c.Locale, locale)
	read(s, "template", &c.Template, r.path)
	r.variables(s, c)
	r.provider(s.section("provider"), &c.Provider)
	r.limits(s.section("limits"), c)
	c.Budget = r.budget(s.section("budget"))
	c.Approval = r.approval(s)
	r.prices(s.section("prices"), &c.Prices)
	r.output(s.section("output"), c)
	r.webhook(s.section("webhook"), &c.Webhook)
	r.notify(s.section("notify"), &c.Notify)
	r.store(s, &c.Store)
	s.take("$schema") // for editors
	s.done()
	r.complete(c)
	r.reportStrays()
	c.settings = r.settings
	c.document = root
	r.problems.Sort()
	if r.problems.HasErrors() {
		return nil, r.problems
	}
	return c, r.problems
}

// complete reports the settings that every campaign needs and this one lacks.
func (r *reader) complete(c *File) {
	if c.Rows.Shown() == "" && !r.complained("rows") && !r.complained("rows.file") {
		r.missing("rows.file", "name the sheet with one customer per row, for example rows: {file: customers.xlsx}")
	}
	if c.Template == "" && !r.complained("template") {
		r.missing("template", "name the template, for example template: welcome.template.json (or --template on the command line)")
	}
}

// complained reports whether a field, or one in it, has a problem already, so
// that one mistake is one problem.
func (r *reader) complained(field string) bool {
	return slices.ContainsFunc(r.problems, func(p problem.Problem) bool {
		return p.Pointer == field || strings.HasPrefix(p.Pointer, field+".") && p.Code == "CMP-TYPE"
	})
}

// rows reads where the rows come from and how to read them.
func (r *reader) rows(s *section, rows *Rows) {
	*rows = Rows{Hidden: "keep", Duplicates: "warn"}
	r.sheet(s, rows)
	read(s, "sheet", &rows.Sheet, text)
	read(s, "header_row", &rows.HeaderRow, between(1, 1_048_576))
	read(s, "key", &rows.Key, text)
	read(s, "where", &rows.Where, text)
	r.suppress(s, rows)
	read(s, "consent", &rows.Consent, text)
	read(s, "encoding", &rows.Encoding, encodingName)
	read(s, "delimiter", &rows.Delimiter, delimiter)
	read(s, "hidden", &rows.Hidden, oneOf("keep", "skip"))
	read(s, "dates", &rows.Dates, dateLayout)
	read(s, "media_folder", &rows.MediaFolder, r.path)
	read(s, "address", &rows.Address, text)
	read(s, "duplicates", &rows.Duplicates, oneOf("warn", "refuse", "keep"))
	s.done()
}

// suppress reads the list of people who must not be sent a video: its file, or file and
// column.
func (r *reader) suppress(s *section, rows *Rows) {
	n := s.node.get("suppress")
	if n == nil || n.kind != mapping {
		read(s, "suppress", &rows.Suppress, r.path)
		return
	}
	sub := s.section("suppress")
	read(sub, "file", &rows.Suppress, r.path)
	read(sub, "column", &rows.SuppressColumn, text)
	if rows.Suppress == "" && !r.complained("rows.suppress") {
		r.missing("rows.suppress.file", "name the file, for example suppress: {file: gone.csv, column: E-Mail}")
	}
	sub.done()
}

// provider reads the service and how to reach it. The names of headers and paths are the
// author's, so each one is read as a known key.
func (r *reader) provider(s *section, p *Provider) {
	read(s, "name", &p.Name, text)
	read(s, "file", &p.File, r.path)
	p.Settings = texts(s.section("settings"))
	read(s, "test", &p.Test, boolean)
	read(s, "base_url", &p.BaseURL, baseURL)
	r.secret(s, "token", &p.Token)
	read(s, "token_file", &p.TokenFile, r.path)
	read(s, "account", &p.Account, accountName)
	if !p.Token.Empty() && p.TokenFile != "" {
		r.add(s.node.get("token_file"), problem.Problem{Code: "CMP-CONFLICT", Place: at(s.field + ".token_file"),
			Message: "both token and token_file are there", Hint: "keep one of them"})
	}
	headers := s.section("headers")
	p.Headers = make(map[string]Secret, len(headers.node.entries))
	for _, e := range headers.node.entries {
		value := Secret{}
		read(headers, e.key, &value, secretText)
		if err := headerName(e.key); err != nil {
			r.add(e.value, problem.Problem{Code: "CMP-VALUE", Place: at(join(headers.field, e.key)), Value: e.key,
				Message: "this header cannot be set", Hint: err.Error()})
		}
		p.Headers[e.key] = value
	}
	p.Paths = texts(s.section("paths"))
	r.sandbox(s, &p.Sandbox)
	s.done()
}

// texts reads a group whose keys are the author's; nil when there are none.
func texts(s *section) map[string]string {
	var all map[string]string
	for _, e := range s.node.entries {
		if all == nil {
			all = map[string]string{}
		}
		var value string
		read(s, e.key, &value, text)
		all[e.key] = value
	}
	return all
}

// sandbox reads "true" or a group of keys, which means true as well.
func (r *reader) sandbox(s *section, box *Sandbox) {
	n := s.node.get("sandbox")
	if n == nil || n.kind != mapping {
		read(s, "sandbox", &box.On, boolean)
		return
	}
	box.On = true
	r.record(join(s.field, "sandbox"), n, true)
	sub := s.section("sandbox")
	read(sub, "render", &box.Render, duration(0))
	read(sub, "faults", &box.Faults, text)
	read(sub, "seed", &box.Seed, integer)
	read(sub, "deliver", &box.Deliver, text)
	read(sub, "state", &box.State, text)
	sub.done()
}

// secret reads a token or the like. A secret that is written out works, with a warning,
// because every reader of the file can spend with it.
func (r *reader) secret(s *section, key string, dst *Secret) {
	read(s, key, dst, secretText)
	if !dst.Empty() && !reference.MatchString(dst.text) {
		r.writtenOut(s, key)
	}
}

// writtenOut warns of a secret that stands in the campaign itself.
func (r *reader) writtenOut(s *section, key string) {
	r.add(s.node.get(key), problem.Problem{Severity: problem.Warning, Code: "CMP-SECRET", Place: at(join(s.field, key)), Value: redacted,
		Message: "the secret itself is written in the campaign", Hint: "put it into an environment variable and write ${NAME} here"})
}

// limits reads the limits. On the sandbox, limits that the file leaves open are fast ones
// instead of the service's: a rehearsal should take seconds.
func (r *reader) limits(s *section, c *File) {
	l := &c.Limits
	from := len(r.settings)
	readList(s, "submits", &l.Submits, ParseWindow)
	read(s, "requests", &l.Requests, ParseWindow)
	read(s, "active", &l.Active, between(1, 10_000))
	poll := s.section("poll")
	read(poll, "first", &l.Poll.First, duration(time.Millisecond))
	read(poll, "max", &l.Poll.Max, duration(time.Millisecond))
	poll.done()
	read(s, "deadline", &l.Deadline, duration(time.Second))
	read(s, "typical", &l.Typical, duration(time.Millisecond))
	readOptional(s, "stop_at", &l.StopAt, ParseClockTime)
	s.done()
	if l.Poll.Max > 0 && l.Poll.First > l.Poll.Max {
		r.add(poll.node.get("first"), problem.Problem{Code: "CMP-VALUE", Place: at(poll.field + ".first"), Value: l.Poll.First.String(),
			Message: "the first poll comes later than the longest wait between polls", Hint: "make first smaller than max"})
	}
	if c.Provider.Sandbox.On {
		l.onSandbox()
		r.recordSandbox(r.settings[from:], l)
	}
}

// onSandbox sets the limits that the campaign leaves open, and changes no other.
func (l *Limits) onSandbox() {
	if len(l.Submits) == 0 {
		l.Submits = []Window{{1000, time.Second}}
	}
	if l.Active == 0 {
		l.Active = 64
	}
	if l.Poll.First == 0 {
		l.Poll.First = 50 * time.Millisecond
		if l.Poll.Max > 0 {
			l.Poll.First = min(l.Poll.First, l.Poll.Max)
		}
	}
	if l.Poll.Max == 0 {
		l.Poll.Max = max(time.Second, l.Poll.First)
	}
}

// recordSandbox corrects the recorded defaults, so that "reelmerge config" shows the values
// that are in force.
func (r *reader) recordSandbox(settings []Setting, l *Limits) {
	values := map[string]string{
		"limits.submits": show(l.Submits), "limits.active": show(l.Active),
		"limits.poll.first": show(l.Poll.First), "limits.poll.max": show(l.Poll.Max),
	}
	for i := range settings {
		value, ok := values[settings[i].Field]
		if ok && settings[i].From == "default" {
			settings[i].Value, settings[i].From = value, "default on the sandbox"
		}
	}
}

// budget reads the budget. A section without a limit is an error and not a missing budget:
// its author wanted one, and the run would spend without.
func (r *reader) budget(s *section) *Budget {
	var limit *credit.Amount
	var b Budget
	readOptional(s, "limit", &limit, amount)
	read(s, "unit", &b.Unit, text)
	s.done()
	if limit == nil {
		if s.given() && !r.complained("budget.limit") {
			r.missing("budget.limit", "say how much to spend at most, for example budget: {limit: 120, unit: minutes}")
		}
		return nil
	}
	b.Limit = *limit
	return &b
}

// approval reads whether a person must approve what is sent: the word required, or how much
// may be sent without.
func (r *reader) approval(s *section) *Approval {
	n := s.node.get("approval")
	if n == nil || n.kind != mapping {
		word := ""
		read(s, "approval", &word, oneOf("required"))
		if word == "" {
			return nil
		}
		return &Approval{}
	}
	a := &Approval{}
	sub := s.section("approval")
	readOptional(sub, "over", &a.Over, amount)
	read(sub, "unit", &a.Unit, text)
	if a.Over == nil && !r.complained("approval.over") {
		r.missing("approval.over", "say how much may be sent without an approval, for example approval: {over: 100, unit: minutes}, or approval: required")
	}
	sub.done()
	return a
}

// prices reads prices that the service does not publish. The price of a unit and its
// currency make sense only together.
func (r *reader) prices(s *section, p *Prices) {
	read(s, "unit", &p.Unit, text)
	readOptional(s, "per_minute", &p.PerMinute, amount)
	readOptional(s, "per_job", &p.PerJob, amount)
	read(s, "table", &p.Table, r.path)
	read(s, "currency", &p.Currency, currency)
	readOptional(s, "per_unit", &p.PerUnit, amount)
	read(s, "as_of", &p.AsOf, isoDate)
	s.done()
	if (p.PerUnit == nil) != (p.Currency == "") && !r.complained("prices.currency") && !r.complained("prices.per_unit") {
		r.add(s.node, problem.Problem{Code: "CMP-CONFLICT", Place: at("prices.per_unit"),
			Message: "per_unit and currency belong together", Hint: "say what one unit costs and in which currency, for example currency: EUR, per_unit: 0.85"})
	}
}

// output reads where results go. The ledger lies there too, so the default depends on the
// campaign file alone and not on where the command runs.
func (r *reader) output(s *section, c *File) {
	o := &c.Output
	*o = Output{Dir: c.File("out/" + fileStem(c)), Download: true, Filename: "{key}.mp4"}
	read(s, "dir", &o.Dir, r.path)
	read(s, "download", &o.Download, boolean)
	read(s, "filename", &o.Filename, filename)
	read(s, "public", &o.Public, publicFolder)
	s.done()
}

// fileStem names the output folder: by the campaign file, never by the
// campaign's name, so that renaming a campaign does not lose its ledger.
func fileStem(c *File) string {
	switch {
	case c.Path != "":
		return stem(c.Path)
	case c.Rows.File == "" || c.Rows.File == "-":
		return "campaign"
	}
	return stem(c.Rows.File)
}

// webhook reads where the service may call us. An address without a listener is only a
// warning: another program may receive the calls, and the run polls anyway.
func (r *reader) webhook(s *section, w *Webhook) {
	read(s, "url", &w.URL, httpsURL)
	read(s, "listen", &w.Listen, listenAddress)
	r.secret(s, "secret", &w.Secret)
	s.done()
	if w.URL == "" && (w.Listen != "" || !w.Secret.Empty()) && !r.complained("webhook.url") {
		r.missing("webhook.url", "say the public https address the service can call")
	}
	if w.URL != "" && w.Listen == "" && !r.complained("webhook.listen") {
		r.add(s.node.get("url"), problem.Problem{Severity: problem.Warning, Code: "CMP-CONFLICT", Place: at("webhook.url"), Value: shownAddress(w.URL),
			Message: "the service is told to call this address, and nothing here listens for it",
			Hint:    "add listen: with the address that the calls reach, such as listen: \":8080\"; or leave webhook out, since asking finds out the same"})
	}
}

// events are the ends of a run that a person can be told of.
var events = []string{"done", "held", "unsure", "budget"}

func (r *reader) notify(s *section, n *Notify) {
	r.secret(s, "url", &n.URL)
	readList(s, "on", &n.On, oneOf(events...))
	if s.given() && len(n.On) == 0 {
		n.On = events
	}
	s.done()
	if s.given() && n.URL.Empty() && !r.complained("notify.url") {
		r.missing("notify.url", "say the address to post to, for example notify: {url: \"${NOTIFY_URL}\"}")
	}
}

// store reads the address of a database, or a group with the address and the ledger's name
// there.
func (r *reader) store(s *section, store *Store) {
	n := s.node.get("store")
	if n == nil || n.kind != mapping {
		r.storeURL(s, "store", &store.URL)
	} else {
		sub := s.section("store")
		r.storeURL(sub, "url", &store.URL)
		read(sub, "ledger", &store.Ledger, r.name)
		sub.done()
		if store.URL.Empty() && !r.complained("store.url") {
			r.missing("store.url", "say where the database is, for example store: {url: \"${REELMERGE_STORE}\"}")
		}
	}
}

// storeURL reads the address of a database. One that has a password in it works, with a
// warning.
func (r *reader) storeURL(s *section, key string, dst *Secret) {
	read(s, key, dst, databaseURL)
	if hasPassword(dst.text) {
		r.writtenOut(s, key)
	}
}

// strayReferences reports ${VAR} in settings where it is not replaced: it would be sent, or
// used as a path, as it is written.
func (r *reader) strayReferences(n *node, field string) {
	for _, e := range n.entries {
		at := join(field, e.key)
		if (isSecret(at) || at == "rows.file") && e.value.kind != mapping {
			continue
		}
		r.strayReferences(e.value, at)
	}
	for _, item := range n.items {
		r.strayReferences(item, field)
	}
	if n.kind == scalar && reference.MatchString(n.text) {
		r.add(n, problem.Problem{Code: "CMP-REFERENCE", Place: at(field), Value: withoutCredentials(field, n.text), Message: "environment variables are not put in place here",
			Hint: "${VAR} works in provider.token, provider.headers, webhook.secret, notify.url, store.url and rows.file; use --set " + field + "=… for the rest"})
	}
}
