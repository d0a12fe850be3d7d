package reelmerge

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/sources"
)

// newFile is a file that is about to be written.
type newFile struct {
	path string
	data []byte
}

// beside is the path of a file in the folder of the campaign.
func (d *Draft) beside(name string) string { return filepath.Join(filepath.Dir(d.Campaign), name) }

// column is a column of the sheet; nil where it has none of the name.
func (d *Draft) column(name string) *sources.Surveyed {
	for i := range d.survey.Columns {
		if c := &d.survey.Columns[i]; c.Name == name {
			return c
		}
	}
	return nil
}

// Write writes the campaign, with the template and the example sheet if they are new. It
// writes all files or, when one of them is there already, none. The sheet and the template
// that were given are never written over.
func (d *Draft) Write() error {
	text, err := d.text()
	if err != nil {
		return err
	}
	files := append(slices.Clone(d.files), newFile{d.Campaign, text})
	for _, f := range files {
		if err := d.mayWrite(f.path); err != nil {
			return err
		}
	}
	d.Written = d.Written[:0]
	for _, f := range files {
		if err := atomicfile.WriteShared(f.path, f.data, d.options.Force); err != nil {
			return fail(Usage, fmt.Errorf("write %q: %w", f.path, wording.WithoutPath(err)), "choose a file in a folder that you may write, with --out")
		}
		d.Written = append(d.Written, f.path)
	}
	return nil
}

// text is the campaign file, with open points as comments where they are decided.
func (d *Draft) text() ([]byte, error) {
	c := campaign.Draft{
		Path: d.Campaign, Next: wording.Shown("reelmerge", "check", d.Campaign), Sheet: d.Sheet, HeaderRow: d.header, Key: d.Key, Template: d.Template,
		Service: d.options.Service, Token: campaign.DefaultTokenVariable(d.service.Name), WhereToken: d.service.TokenHint,
		BaseURL: d.baseURL, Prices: d.prices, Approval: d.options.Approval, Open: d.Undecided,
	}
	for _, f := range d.Variables {
		if f.Column != "" {
			c.Variables = append(c.Variables, [2]string{f.Variable, f.Column})
		}
	}
	text := c.Text()
	if _, problems := campaign.Parse(d.Campaign, text, nil); len(problems) > 0 {
		return nil, refused(problems)
	}
	return text, nil
}

// mayWrite refuses a file that must not be written over.
func (d *Draft) mayWrite(path string) error {
	for _, given := range []string{d.options.Template, d.options.Sheet} {
		if given != "" && atomicfile.Same(path, given) {
			return fail(Usage, fmt.Errorf("%q is what was given; it is not written over", path), "choose another file with --out")
		}
	}
	if _, err := os.Lstat(path); !d.options.Force && !errors.Is(err, fs.ErrNotExist) {
		return fail(Usage, fmt.Errorf("%q is there already; nothing was written", path), "choose another file with --out, or write over it with --force")
	}
	if atomicfile.IsThere(path) && (isLedgerFile(path) || !atomicfile.IsOrdinary(path)) {
		return fail(Usage, fmt.Errorf("%q is a link, a folder or a file of a ledger; it is not written over", path), "choose another file with --out")
	}
	return nil
}
