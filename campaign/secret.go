package campaign

import (
	"fmt"
	"log/slog"
	"regexp"
	"runtime"
	"sort"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// Secret is text that must not be seen. Every way of printing, logging or encoding it
// writes "redacted", so that a forgotten %+v cannot leak it. Only Reveal returns it.
type Secret struct{ text string }

const redacted = "redacted"

// NewSecret wraps text that must not be seen.
func NewSecret(text string) Secret { return Secret{text} }

// Reveal returns the text itself, for the one header that needs it.
func (s Secret) Reveal() string { return s.text }

// Empty reports whether there is nothing to hide.
func (s Secret) Empty() bool { return s.text == "" }

// String says "redacted", or nothing when there is no secret.
func (s Secret) String() string {
	if s.text == "" {
		return ""
	}
	return redacted
}

// GoString says what String says.
func (s Secret) GoString() string { return s.String() }

// Format says what String says, for every verb: %x or %q would show the text.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) } // fmt reports a failed write itself

// LogValue says what String says.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText says what String says; JSON and YAML encoders go through it.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON says what String says.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// Secrets are the resolved secrets of a campaign.
type Secrets struct {
	Token   Secret
	Headers map[string]Secret
	Webhook Secret
	Notify  Secret // the address
}

var reference = regexp.MustCompile(`\$\{([A-Za-z_][A-Za-z0-9_]*)\}`)

// Secrets resolves the secrets that the file only names: ${VAR} through getenv and
// token_file through readFile. An unset variable is a problem here and nowhere
// else, so that check, plan and the sandbox need no key. Where the file names
// no token, the variable <PROVIDER>_TOKEN is asked; set Provider.Name first when
// the template's operation decides it.
func (c *File) Secrets(getenv func(string) string, readFile func(string) ([]byte, error)) (Secrets, problem.List) {
	v := &resolver{getenv: getenv, readFile: readFile}
	s := Secrets{Headers: make(map[string]Secret, len(c.Provider.Headers))}
	s.Token = v.token(c)
	names := make([]string, 0, len(c.Provider.Headers))
	for name := range c.Provider.Headers {
		names = append(names, name)
	}
	sort.Strings(names) // problems come in the same order each time
	for _, name := range names {
		s.Headers[name] = v.expand(c.place("provider.headers."+name), c.Provider.Headers[name])
	}
	s.Webhook = v.expand(c.place("webhook.secret"), c.Webhook.Secret)
	s.Notify = v.expand(c.place("notify.url"), c.Notify.URL)
	return s, told(c.Path, v.problems)
}

// StoreURL resolves the address of the database that has the ledger. It is apart from
// [File.Secrets], since most commands need the ledger and no token.
func (c *File) StoreURL(getenv func(string) string) (Secret, problem.List) {
	v := &resolver{getenv: getenv}
	url, whole := v.replace(c.storePlace(), c.Store.URL.text, "")
	if _, err := databaseURL(url); whole && err != nil {
		v.add(c.storePlace(), problem.Problem{Code: "CMP-VALUE", Message: "this is no address of a database", Hint: err.Error()})
	}
	if len(v.problems) > 0 {
		return Secret{}, told(c.Path, v.problems)
	}
	return Secret{url}, nil
}

// storePlace is the setting that has the address of the database.
func (c *File) storePlace() Setting {
	if at := c.place("store.url"); at.line > 0 {
		return at
	}
	return c.place("store")
}

// WrittenOut is the first field that has a secret itself, and no reference to one; empty:
// there is none. What others read of a campaign must have no such field.
func (c *File) WrittenOut() string { return literalSecret("", c.document) }

// place is the setting a secret was written in, for problems.
func (c *File) place(field string) Setting {
	for _, s := range c.settings {
		if s.Field == field {
			return s
		}
	}
	return Setting{Field: field}
}

// resolver resolves references to secrets and collects the problems of all of them.
type resolver struct {
	getenv   func(string) string
	readFile func(string) ([]byte, error)
	problems problem.List
}

// token returns the service's token: from the file, the setting or the default variable, in
// this order.
func (v *resolver) token(c *File) Secret {
	at := c.place("provider.token")
	switch {
	case c.Provider.TokenFile != "":
		return v.file(c.place("provider.token_file"), c.Provider.TokenFile)
	case !c.Provider.Token.Empty():
		return v.expand(at, c.Provider.Token)
	// A file may describe any service: no token that belongs to another one goes to it.
	case c.Provider.Name != "" && c.Provider.File == "":
		return v.expand(at, Secret{"${" + DefaultTokenVariable(c.Provider.Name) + "}"})
	}
	v.add(at, problem.Problem{Code: "CMP-TOKEN", Message: "no token for the service",
		Hint: "write provider.token: ${NAME} and put the token into that environment variable"})
	return Secret{}
}

// DefaultTokenVariable is the environment variable that holds a service's token
// where a campaign names none: COLOSSYAN_TOKEN for colossyan.
func DefaultTokenVariable(provider string) string {
	return strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(provider)) + "_TOKEN"
}

// file reads a token from a file. Editors end a file with a line break, which is cut off.
func (v *resolver) file(at Setting, path string) Secret {
	data, err := v.readFile(path)
	if err != nil {
		v.add(at, problem.Problem{Code: "CMP-TOKEN", Value: path, Message: fmt.Sprintf("read token file: %v", err),
			Hint: "the file holds the token and nothing else"})
		return Secret{}
	}
	return v.clean(at, strings.TrimSpace(string(data)), "the token file")
}

// expand puts environment variables in place of ${VAR}. Each unset one is a
// problem of its own.
func (v *resolver) expand(at Setting, s Secret) Secret {
	text, whole := v.replace(at, s.text, "; or add --sandbox to try the campaign without a key")
	if !whole || text == "" { // half a secret, such as "Bearer " alone, must not be sent
		return Secret{}
	}
	return v.clean(at, text, "it")
}

// replace puts environment variables in place of ${VAR}, and reports whether all are set.
// otherwise is what a person can do without one.
func (v *resolver) replace(at Setting, text, otherwise string) (replaced string, whole bool) {
	whole = true
	replaced = reference.ReplaceAllStringFunc(text, func(ref string) string {
		name := ref[2 : len(ref)-1]
		value := strings.TrimSpace(v.getenv(name))
		if value == "" {
			whole = false
			v.add(at, problem.Problem{Code: "CMP-UNSET", Value: ref,
				Message: fmt.Sprintf("environment variable %s is not set", name),
				Hint:    "set it before the run: " + wording.SetVariable(name, "…", runtime.GOOS, v.getenv) + otherwise})
		}
		return value
	})
	return replaced, whole
}

// clean refuses text that cannot be an HTTP header, such as a token with a line break, and
// does not show it. Most are copying mistakes; at worst the rest would be a second header.
func (v *resolver) clean(at Setting, text, what string) Secret {
	bad := strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r > '~' })
	if text == "" || bad {
		v.add(at, problem.Problem{Code: "CMP-TOKEN", Message: what + " holds no usable secret: it is empty or has line breaks or characters outside ASCII",
			Hint: "copy the secret again, on one line"})
		return Secret{}
	}
	return Secret{text}
}

func (v *resolver) add(at Setting, p problem.Problem) {
	p.Pointer = at.Field
	p.Line, p.Character = at.line, at.column
	v.problems = append(v.problems, p)
}

// TokenSource says where the token comes from, which tells a person whose account is
// charged: the name of a variable or of a file, never the token.
func (c *File) TokenSource() string {
	switch name := reference.FindStringSubmatch(c.Provider.Token.text); {
	case c.Provider.TokenFile != "":
		return c.Provider.TokenFile
	case name != nil:
		return name[1]
	case !c.Provider.Token.Empty():
		return "the campaign's own token"
	}
	return DefaultTokenVariable(c.Provider.Name)
}
