package campaign

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/problem"
)

// Credentials are the tokens that a machine has for campaigns which others wrote. A campaign
// names a credential and can say neither where its token comes from nor where it goes to:
//
//	colossyan:
//	  hosts: [app.colossyan.com]
//	  token: ${COLOSSYAN_TOKEN}
//	agency:
//	  hosts: [api.samsar.one]
//	  token_file: /run/secrets/samsar
//
// The file must be for its owner's eyes, although it holds no token: who can write a host
// into it gets the token.
type Credentials struct {
	path string
	list []credential
}

// credential is one token, and where it may be sent.
type credential struct {
	name  string
	hosts []string
	token Secret // a reference
	file  string // else a file with the token alone

	hostsAt, tokenAt Setting
}

// LoadCredentials reads a file of credentials. It resolves nothing: a machine may have no
// token for a campaign that it does not drive.
func LoadCredentials(path string) (*Credentials, problem.List) {
	if p := guarded(path); p != nil {
		return nil, problem.List{*p}
	}
	data, err := readCapped(path)
	if err != nil {
		return nil, problem.List{credentialsFile(path, fmt.Sprintf("read credentials: %v", err), "let the user of this program read the file")}
	}
	root, found := parseDocument(data)
	if root == nil {
		if found[0].Code == "CMP-TYPE" || found[0].Code == "CMP-EMPTY" {
			found[0].Message, found[0].Hint = "credentials are a group of names", "it begins like \"colossyan: {hosts: [app.colossyan.com], token: ${COLOSSYAN_TOKEN}}\""
		}
		return nil, found.In(path)
	}
	r := &reader{base: filepath.Base(path), dir: filepath.Dir(path), problems: found}
	c := &Credentials{path: path}
	s := &section{r: r, node: root}
	for _, e := range root.entries {
		c.list = append(c.list, r.credential(s, e))
	}
	r.reportStrays()
	if r.problems.Sort(); r.problems.HasErrors() {
		return nil, told(path, r.problems)
	}
	return c, told(path, r.problems)
}

// guarded reports a file that others may read or write. Windows has no such bits.
func guarded(path string) *problem.Problem {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		p := credentialsFile(path, "there is no such file", "write one with a name, its hosts and its token, and chmod 600 it")
		return &p
	case err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		p := credentialsFile(path, fmt.Sprintf("others on this machine may use the file (mode %04o)", info.Mode().Perm()), "chmod 600 "+path)
		return &p
	}
	return nil
}

func credentialsFile(path, message, hint string) problem.Problem {
	return problem.Problem{Code: "CMP-FILE", Place: problem.Place{File: path}, Value: path, Message: message, Hint: hint}
}

// credential reads one of them.
func (r *reader) credential(s *section, e entry) (c credential) {
	c.name = e.key
	if _, err := accountName(e.key); err != nil {
		r.add(e.value, problem.Problem{Code: "CMP-VALUE", Place: at(e.key), Value: e.key, Message: fmt.Sprintf("%q is not usable as a name", e.key), Hint: err.Error()})
	}
	sub := s.section(e.key)
	readList(sub, "hosts", &c.hosts, tokenHost)
	read(sub, "token", &c.token, secretText)
	read(sub, "token_file", &c.file, r.path)
	sub.done()
	c.hostsAt, c.tokenAt = r.setting(sub, "hosts"), r.setting(sub, "token")
	if c.file != "" {
		c.tokenAt = r.setting(sub, "token_file")
	}
	r.vet(sub, c)
	return c
}

// setting is where a key of a section was read.
func (r *reader) setting(s *section, key string) (found Setting) {
	for _, known := range r.settings {
		if known.Field == join(s.field, key) {
			found = known
		}
	}
	return found
}

// vet reports what a credential lacks. It shows no token.
func (r *reader) vet(s *section, c credential) {
	tokenField, hostsField := join(s.field, "token"), join(s.field, "hosts")
	switch {
	case r.complained(s.field): // it is no group of keys
	case len(c.hosts) == 0 && !r.complained(hostsField):
		r.missing(hostsField, "name the hosts that may get the token, for example hosts: [app.colossyan.com]")
	case !c.token.Empty() && reference.FindString(c.token.text) != c.token.text:
		r.add(s.node.get("token"), problem.Problem{Code: "CMP-SECRET", Place: at(tokenField), Value: redacted,
			Message: "the token itself is written in the file", Hint: "put it into an environment variable and write ${NAME} here, or into a file of its own and name it as token_file"})
	case c.token.Empty() == (c.file == "") && !r.complained(tokenField):
		r.missing(tokenField, "say where the token is: either token: ${NAME} or token_file: PATH")
	}
}

// hostNames are hosts as an address has them, with a port where it is not that of https.
var hostNames = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:]+\])(:[0-9]{1,5})?$`)

// tokenHost reads one host. It takes no patterns: a host whose name ends like another one may belong
// to another company.
func tokenHost(s string) (string, error) {
	host := strings.ToLower(s)
	if !hostNames.MatchString(host) {
		return "", errors.New("want the whole name of a host, such as app.colossyan.com, or localhost:8080; no address and no *")
	}
	return strings.TrimSuffix(host, ":443"), nil
}

// Token returns the token of a credential for a campaign whose service is at an address. An
// address on another host gets none: a campaign may come from a person who must not have it.
func (c *Credentials) Token(name, address string, getenv func(string) string, readFile func(string) ([]byte, error)) (Secret, problem.List) {
	i := slices.IndexFunc(c.list, func(known credential) bool { return known.name == name })
	if i < 0 {
		return Secret{}, problem.List{{Code: "CMP-TOKEN", Place: problem.Place{File: c.path}, Value: name,
			Message: fmt.Sprintf("this machine has no credential %q", name), Hint: wording.NearestOr(name, c.Names(), "add it to the file, or let a machine drive the campaign that has it")}}
	}
	known := c.list[i]
	if host, err := hostOf(address); err != nil || !slices.Contains(known.hosts, host) {
		return Secret{}, problem.List{{Code: "CMP-TOKEN", Place: problem.Place{File: c.path, Line: known.hostsAt.line, Character: known.hostsAt.column, Pointer: known.hostsAt.Field}, Value: host,
			Message: fmt.Sprintf("the campaign's service is at %q, and the credential %q is for %s alone", host, name, strings.Join(known.hosts, ", ")),
			Hint:    "correct provider.base_url in the campaign; only if the token belongs to that host, add it to hosts"}}
	}
	v := &resolver{getenv: getenv, readFile: readFile}
	token := v.credential(known)
	return token, told(c.path, v.problems)
}

// credential resolves a token.
func (v *resolver) credential(c credential) Secret {
	if c.file != "" {
		return v.file(c.tokenAt, c.file)
	}
	text, whole := v.replace(c.tokenAt, c.token.text, "")
	if !whole {
		return Secret{}
	}
	return v.clean(c.tokenAt, text, "it")
}

// Names lists the credentials in the order of the file.
func (c *Credentials) Names() (names []string) {
	for _, known := range c.list {
		names = append(names, known.name)
	}
	return names
}

// hostOf returns the host of a service's address as tokenHost writes it.
func hostOf(address string) (string, error) {
	if _, err := baseURL(address); err != nil {
		return "", err
	}
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	host := strings.ToLower(u.Host)
	switch {
	case u.Scheme == "https":
		return strings.TrimSuffix(host, ":443"), nil
	case u.Port() == "":
		return host + ":80", nil
	}
	return host, nil
}
