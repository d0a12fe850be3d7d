package campaign

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/problem"
)

// override puts each "key.path=value" on top of the document. A value in
// brackets or braces is YAML; anything else is text as it stands, and nothing
// takes a setting back to its default.
func (r *reader) override(root *node, sets []string) {
	for _, set := range sets {
		path, value, found := strings.Cut(set, "=")
		keys := strings.Split(strings.TrimSpace(path), ".")
		if !found || slices.Contains(keys, "") {
			r.problems = append(r.problems, unusable(path, found))
			continue
		}
		origin := "--set " + strings.Join(keys, ".")
		n, err := setValue(strings.TrimSpace(value), origin)
		if err != nil {
			r.problems = append(r.problems, problem.Problem{Code: "CMP-SET", Place: at(strings.Join(keys, ".")), Message: fmt.Sprintf("%s: %v", origin, err),
				Hint: "lists look like [30/m, 1000/d], groups like {first: 15s, max: 60s}"})
			continue
		}
		if field := literalSecret(strings.Join(keys, "."), n); field != "" {
			r.problems = append(r.problems, literal(field))
			continue
		}
		if alreadyOn(root, keys, n) {
			continue
		}
		insert(root, keys, n)
	}
}

// unusable returns the problem of a --set without a key. A text without "=" is not shown,
// because it may be a secret.
func unusable(path string, found bool) problem.Problem {
	p := problem.Problem{Code: "CMP-SET", Message: fmt.Sprintf("--set %q is not usable", path), Hint: "want --set key=value, for example --set limits.active=3"}
	if !found && path != "" {
		p.Message = `a --set without "=" is not usable`
	}
	return p
}

// literalSecret returns the first field at or below a value of --set that holds a secret
// itself. That is refused: the shell keeps the words of a command line, and the system
// shows them to all its users.
func literalSecret(field string, n *node) string {
	if n.kind == scalar && tells(field, n.text) {
		return field
	}
	for _, item := range n.items {
		if found := literalSecret(field, item); found != "" {
			return found
		}
	}
	for _, e := range n.entries {
		if found := literalSecret(join(field, e.key), e.value); found != "" {
			return found
		}
	}
	return ""
}

// tells reports whether a text in a field is a secret, and no reference to one. The address
// of a database is one only with its password.
func tells(field, text string) bool {
	if field == "store" || field == "store.url" {
		return hasPassword(text)
	}
	return isSecret(field) && text != "" && !onlyRefers(text)
}

// isSecret reports whether a field holds a secret.
func isSecret(field string) bool {
	for _, secret := range []string{"provider.token", "provider.headers", "webhook.secret", "notify.url", "store.url"} {
		if field == secret || strings.HasPrefix(field, secret+".") {
			return true
		}
	}
	return field == "store" // the address alone
}

// onlyRefers reports whether a text is a reference to the environment, alone or
// after the name of a scheme, as in "Bearer ${TOKEN}".
func onlyRefers(text string) bool {
	rest := reference.ReplaceAllString(text, "")
	scheme, blank := strings.CutSuffix(rest, " ")
	return rest == "" || blank && strings.Trim(scheme, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == "" && rest != text
}

// literal returns the problem of a secret on the command line.
func literal(field string) problem.Problem {
	hint := fmt.Sprintf("put it into an environment variable and write --set '%s=${NAME}'", field)
	if field == "provider.token" {
		hint += ", or name a file that holds it with provider.token_file"
	}
	return problem.Problem{Code: "CMP-SECRET", Place: at(field), Value: redacted,
		Message: "--set " + field + " has the secret itself, which the shell keeps and other programs see", Hint: hint}
}

// alreadyOn reports whether a value only switches on the sandbox that the file describes
// already. It is then not inserted, since it would replace the description.
func alreadyOn(root *node, keys []string, value *node) bool {
	if strings.Join(keys, ".") != "provider.sandbox" || value.text != "true" {
		return false
	}
	provider := root.get("provider")
	if provider == nil {
		return false
	}
	box := provider.get("sandbox")
	return box != nil && box.kind == mapping
}

// insert sets a value deep in the document. A value of the file that is in the way is
// replaced, because a flag wins over the file.
func insert(n *node, keys []string, value *node) {
	for _, key := range keys[:len(keys)-1] {
		next := n.get(key)
		if next == nil || next.kind != mapping {
			next = &node{kind: mapping, origin: value.origin}
			n.put(key, next)
		}
		n = next
	}
	n.put(keys[len(keys)-1], value)
}

// setValue reads the right side of --set. Errors do not repeat it: it may be
// a secret.
func setValue(text, origin string) (*node, error) {
	if !strings.HasPrefix(text, "[") && !strings.HasPrefix(text, "{") {
		if inner, quoted := unquote(text); quoted {
			return &node{kind: scalar, text: inner, origin: origin}, nil
		}
		return flagScalar(text, origin), nil
	}
	file, p := parseYAML(hideBraces(text))
	if p != nil {
		return nil, errors.New(p.Message)
	}
	body, p := onlyBody(file)
	if p != nil {
		return nil, fmt.Errorf("%s", p.Message)
	}
	b := &builder{}
	n := b.node(body)
	if len(b.problems) > 0 {
		return nil, fmt.Errorf("%s", b.problems[0].Message)
	}
	stamp(n, origin)
	return n, nil
}

// unquote removes quotes that a shell has left. It reports them, because "" in quotes is an
// empty text, and without quotes it is no value.
func unquote(s string) (inner string, quoted bool) {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1], true
	}
	return s, false
}

// stamp marks a subtree as coming from a flag.
func stamp(n *node, origin string) {
	n.origin = origin
	n.line, n.column = 0, 0
	for _, item := range n.items {
		stamp(item, origin)
	}
	for i := range n.entries {
		n.entries[i].line, n.entries[i].column = 0, 0
		stamp(n.entries[i].value, origin)
	}
}
