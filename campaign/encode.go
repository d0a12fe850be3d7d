package campaign

import (
	"fmt"
	"path/filepath"

	"github.com/goccy/go-yaml"
)

// Encode writes the campaign, overrides included, as a file that will lie at
// path: paths are made relative to it, and the output folder is spelled out, so
// that the saved campaign goes on with the same ledger. A secret that is written
// out stays behind; its ${VAR} goes along.
func (c *File) Encode(path string) ([]byte, error) {
	e := encoder{campaign: c, folder: filepath.Dir(path)}
	doc := e.mapping(c.document, "")
	if output := c.document.get("output"); output == nil || output.get("dir") == nil {
		doc = append(doc, yaml.MapItem{Key: "output", Value: e.withDir(c.document.get("output"))})
	}
	data, err := yaml.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode campaign: %w", err)
	}
	return data, nil
}

// encoder writes a campaign for another folder.
type encoder struct {
	campaign *File
	folder   string
}

// withDir is the output group with its folder in front.
func (e encoder) withDir(output *node) yaml.MapSlice {
	group := yaml.MapSlice{{Key: "dir", Value: e.relative(e.campaign.Output.Dir)}}
	return append(group, e.mapping(output, "output")...)
}

// mapping writes a group of keys in the order of the file. An output group without a folder
// is left to Encode, which adds the folder.
func (e encoder) mapping(n *node, field string) yaml.MapSlice {
	out := yaml.MapSlice{}
	if n == nil {
		return out
	}
	for _, entry := range n.entries {
		at := join(field, entry.key)
		missingDir := at == "output" && entry.value.get("dir") == nil
		if !missingDir && !e.leavesBehind(at, entry.value) {
			out = append(out, yaml.MapItem{Key: entry.key, Value: e.value(entry.value, at)})
		}
	}
	return out
}

// leavesBehind reports whether a value is a secret itself and no reference to one: a saved
// copy must not spread it.
func (e encoder) leavesBehind(field string, n *node) bool {
	return n.kind == scalar && tells(field, n.text) && !reference.MatchString(n.text)
}

// value writes one value of any kind.
func (e encoder) value(n *node, field string) any {
	switch n.kind {
	case mapping:
		return e.mapping(n, field)
	case list:
		items := make([]any, len(n.items))
		for i, item := range n.items {
			items[i] = e.value(item, field)
		}
		return items
	case scalar:
		return e.scalar(n.text, field)
	case nothing:
	}
	return nil
}

// scalar returns a value as text, so that the encoder quotes what YAML would take for a
// number or a date. Paths are made relative to the new file.
func (e encoder) scalar(text, field string) any {
	if field == "rows.file" && IsLink(text) {
		return text
	}
	switch field {
	case "rows.file", "template", "provider.file", "provider.token_file", "provider.sandbox.state", "prices.table", "output.dir":
		return e.relative(e.campaign.File(text))
	}
	return text
}

// relative is a path as seen from the folder of the new file; on another drive
// it stays as it is.
func (e encoder) relative(path string) string {
	if path == "-" {
		return path
	}
	from, err1 := filepath.Abs(e.folder)
	to, err2 := filepath.Abs(path)
	if err1 != nil || err2 != nil {
		return path
	}
	rel, err := filepath.Rel(from, to)
	if err != nil {
		return path
	}
	return filepath.ToSlash(rel)
}
