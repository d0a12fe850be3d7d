package reelmerge

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
	"github.com/reelmerge/reelmerge/templates"
)

// DraftPart is what a file can be for a draft.
type DraftPart string

// The two files that a draft is made of.
const (
	PartTemplate DraftPart = "template"
	PartSheet    DraftPart = "sheet"
)

const (
	wantedSheet    = "a sheet is .xlsx, .ods, .csv, .tsv or .jsonl"
	wantedTemplate = "a template is what Studio exports, or a template file: .json or .yaml"
)

// DraftPartOf says what a file is for a draft. A file that is neither a sheet nor a template is
// refused with what it is instead, and so is one that cannot be read.
func DraftPartOf(path string, services []providers.Service) (DraftPart, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return "", fail(Usage, fmt.Errorf("read %q: %w", filepath.Base(path), wording.WithoutPath(err)), "give it again")
	}
	defer f.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", fail(Usage, fmt.Errorf("read %q: %w", filepath.Base(path), wording.WithoutPath(err)), "give it again")
	}
	head = head[:n]
	text := bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n")
	switch is := strings.ToLower(filepath.Ext(path)); {
	case len(text) == 0:
		return "", wrongPart(path, "is empty", "save it again in the program that made it")
	case sources.IsSheet(path):
		return PartSheet, isReadable(path, text)
	case is == ".json", is == ".yaml", is == ".yml":
		return PartTemplate, isFilled(path, head, services)
	default:
		return "", wrongPart(path, "is "+cmp.Or(sources.Foreign(head), "neither a sheet nor a template by its name"), wantedSheet+"; "+wantedTemplate)
	}
}

func wrongPart(path, what, hint string) error {
	return fail(Usage, fmt.Errorf("%q %s", filepath.Base(path), what), hint)
}

// isReadable refuses a sheet whose rows cannot be read. A template that is named like a
// sheet would be read as one, since it is a text.
func isReadable(path string, text []byte) error {
	holds := func(key string) bool { return bytes.Contains(text, []byte(key)) }
	ext := strings.ToLower(filepath.Ext(path))
	rows := ext == ".jsonl" || ext == ".ndjson" // a column may have any name
	if !rows && text[0] == '{' && (holds(`"videoCreative"`) || holds(`"operation"`)) {
		return wrongPart(path, "is named like a sheet, and holds a template", "if it is what Studio exports, call it .json; "+wantedSheet)
	}
	sheet, err := sources.Open(path, sources.Options{})
	if err != nil {
		return refuseSheet(err)
	}
	return sheet.Close()
}

// isFilled refuses a template that cannot be used, and a campaign in its place.
func isFilled(path string, head []byte, services []providers.Service) error {
	if what := sources.Foreign(head); what != "" {
		return wrongPart(path, "is named like a template, and is "+what, wantedTemplate)
	}
	data, err := atomicfile.Read(path, mostTemplate)
	if err != nil {
		return wrongPart(path, fmt.Sprintf("cannot be read: %v", wording.WithoutPath(err)), wantedTemplate)
	}
	parsed, found := templates.Parse(path, data, Operations(services))
	if c, _ := campaign.Parse(path, data, nil); c != nil && parsed == nil {
		return wrongPart(path, "is a campaign", "put it into the folder that is served; "+wantedTemplate)
	}
	if found.HasErrors() {
		return refused(found)
	}
	return nil
}
