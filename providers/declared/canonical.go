package declared

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Text is the description as it stands in its file.
func (d *Description) Text() []byte { return d.text }

// Canonical is the text of what decides where money goes: addresses, credentials, the paid
// call and how its outcome is learnt. Dates, prices, recordings and words for people are
// not in it, so that they can change while rows are open. Members are in the order of their
// names, one a line.
func (d *Description) Canonical() []byte {
	all, _ := d.raw.(map[string]any)
	kept := only(all, "name", "base_url", "hosts", "auth", "headers", "envelope", "answers", "webhook", "test")
	operations := map[string]any{}
	for name := range d.Operations {
		o, _ := lookup(all["operations"], "/"+name)
		members, _ := o.(map[string]any)
		kept := only(members, "variables", "uploads", "submit", "poll", "then")
		if v, is := kept["variables"].(map[string]any); is {
			kept["variables"] = only(v, "at", "shape", "item") // what is asked about templates sends nothing
		}
		operations[name] = kept
	}
	kept["operations"] = operations
	text, err := json.MarshalIndent(kept, "", "  ")
	if err != nil {
		return nil // it was read from JSON
	}
	return text
}

// only copies some members of an object.
func only(from map[string]any, names ...string) map[string]any {
	kept := map[string]any{}
	for name, v := range from {
		if slices.Contains(names, name) {
			kept[name] = v
		}
	}
	return kept
}

// Hash names what [Description.Canonical] says, in hexadecimal: what a person trusts.
func (d *Description) Hash() string {
	sum := sha256.Sum256(d.Canonical())
	return hex.EncodeToString(sum[:])
}

// MadeUp reports whether every recording of a submit is made up. Such recordings
// are guesses: no real answer of the service was seen.
func (d *Description) MadeUp() bool {
	return !slices.ContainsFunc(d.Recordings, func(r Recording) bool { return r.Call == "submit" && r.From != "made up" })
}
