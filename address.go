package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/reelmerge/reelmerge/internal/handover"
	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/sources"
)

// AddressError says that it is not known which column has the addresses.
type AddressError struct {
	Candidates []string // the columns that have some
}

// Error names the candidates.
func (e *AddressError) Error() string {
	if len(e.Candidates) == 0 {
		return "no column has e-mail addresses alone"
	}
	return "it is not clear which column has the addresses: " + strings.Join(e.Candidates, ", ")
}

// addressColumn finds the column with the addresses: the named one, or the only one whose
// cells are addresses. It reads the sheet for it.
func (c *Campaign) addressColumn(ctx context.Context, named string) (string, error) {
	rows, err := c.openRows()
	if err != nil {
		return "", refuseSheet(err)
	}
	defer rows.Close()
	names := columnNames(rows)
	if named = sources.ColumnName(cmp.Or(named, c.file.Rows.Address)); named != "" {
		if !slices.Contains(names, named) {
			return "", fail(Usage, fmt.Errorf("rows.address: the sheet has no column %q", named), nearestColumn(named, names))
		}
		return named, nil
	}
	found, err := surveyAddresses(ctx, rows, len(names))
	if err != nil {
		return "", err
	}
	var pure, some []string
	for i, n := range found {
		if n.good > 0 {
			some = append(some, names[i])
		}
		if n.good > 0 && n.bad == 0 {
			pure = append(pure, names[i])
		}
	}
	if len(pure) == 1 {
		return pure[0], nil
	}
	if len(pure) > 1 {
		some = pure
	}
	example := "E-Mail"
	if len(some) > 0 {
		example = some[0]
	}
	return "", fail(Usage, &AddressError{some}, fmt.Sprintf("say which one it is in the campaign: rows: {address: %q}", example))
}

// addressCount counts the cells of a column that are addresses, and the others that are
// not empty.
type addressCount struct{ good, bad int }

func surveyAddresses(ctx context.Context, rows sources.Reader, columns int) ([]addressCount, error) {
	found := make([]addressCount, columns)
	for {
		row, err := rows.Next()
		switch {
		case errors.Is(err, io.EOF):
			return found, nil
		case err != nil:
			return nil, refuseSheet(err)
		case ctx.Err() != nil:
			return nil, stopped(ctx)
		}
		for i, cell := range row.Cells {
			switch cell = strings.TrimSpace(cell); {
			case i >= columns || cell == "":
			case handover.IsAddress(cell):
				found[i].good++
			default:
				found[i].bad++
			}
		}
	}
}

// mailNotices says, before anything is paid for, what the service's links mean for a
// mailing, if the campaign is made for one.
func (c *Campaign) mailNotices() (notices []sources.Notice) {
	if c.file.Rows.Address == "" && c.file.Output.Public == "" {
		return nil
	}
	add := func(code, message, hint string) {
		notices = append(notices, sources.Notice{Code: code, Message: message, Hint: hint, Column: -1})
	}
	title := c.service.Title
	links := c.checker.Traits().Links
	switch {
	case links.Page == providers.NoPage:
		add("CMP-MAIL-LONG", title+" gives the link of the video alone, and no page that shows it: it may be longer than a mail tool takes (Mailchimp: 255 bytes)",
			"send one row first: run --canary, then results --for with your tool")
	case links.Page == providers.PageByWebhook && c.file.Webhook.URL == "":
		add("CMP-MAIL-LONG", title+" gives the page that shows a video with its webhook alone: without one there is the link of the video, which may be longer than a mail tool takes (Mailchimp: 255 bytes)",
			"set webhook.url and webhook.listen before the run")
	}
	switch {
	case links.Lasts > 0 && !links.Renewed:
		add("CMP-MAIL-EXPIRES", fmt.Sprintf("the links of %s work for %s after a video is made, and nothing renews them", title, wording.Lasting(links.Lasts)),
			"mail the rows before that, or put the videos where they stay")
	case links.Expire:
		add("CMP-MAIL-EXPIRES", fmt.Sprintf("the links of %s stop working some day; results --for asks for new ones", title),
			"write the file shortly before the mailing, and say with --until how long links must last")
	}
	return notices
}
