package declared

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/reelmerge/reelmerge/internal/publicnet"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
)

// placed is what a request says instead of its files, by the pointers of its members.
type placed map[string]string

// kept is a file that was put into its place before.
type kept struct {
	use   string
	until time.Time
}

// place puts the files of a request where the service wants them before the submit. None of
// it is paid: whatever goes wrong, nothing was created, and the row can be sent again.
func (c *client) place(ctx context.Context, o *Operation, r providers.Request) (placed, error) {
	var all placed
	for _, u := range o.Uploads {
		if u.How != "before" {
			continue
		}
		use, err := c.placeOne(ctx, u, r)
		if err != nil {
			return nil, unpaid(err)
		}
		if all == nil {
			all = placed{}
		}
		all[u.At] = use
	}
	return all, nil
}

// unpaid makes of a failure before the submit one that says so.
func unpaid(err error) error {
	e, ok := errors.AsType[*providers.Error](err)
	if !ok {
		return rest.Invalid("upload", "%v", err)
	}
	if !e.Kind.NothingCreated() {
		e.Kind = providers.NotSent
	}
	return e
}

// placeOne puts one file into its place, unless the same file lies there already.
func (c *client) placeOne(ctx context.Context, u Upload, r providers.Request) (use string, err error) {
	file, err := upload.Planned(r.Media, u.part(), u.most())
	if err != nil {
		return "", err
	}
	name := u.At + " " + hashOfPart(r, u.part())
	c.mu.Lock()
	before, known := c.files[name]
	c.mu.Unlock()
	if known && time.Now().Before(before.until) {
		return before.use, nil
	}
	call, err := c.call("upload", *u.Ask, values{}, nil)
	if err != nil {
		return "", err
	}
	a, answer, err := c.exchange(ctx, call)
	if err != nil {
		return "", err
	}
	address, _ := text(a.body, u.Put)
	use, _ = text(a.body, u.Use)
	if address == "" || use == "" {
		return "", c.rest.Misunderstood(call, answer, "the answer has no place for the file")
	}
	if err := c.put(ctx, address, file); err != nil {
		return "", err
	}
	if u.Valid > 0 {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.files == nil {
			c.files = map[string]kept{}
		}
		c.files[name] = kept{use, time.Now().Add(time.Duration(u.Valid) * 9 / 10)}
	}
	return use, nil
}

func hashOfPart(r providers.Request, part string) string {
	for _, m := range r.Media {
		if m.Part == part {
			return m.SHA256
		}
	}
	return ""
}

// put sends a file to an address that the service named: with the token to its own hosts,
// and without it to any other on the public network.
func (c *client) put(ctx context.Context, address string, file upload.File) error {
	if _, err := c.told(address); err == nil {
		call := rest.Call{Name: "upload", Method: http.MethodPut, URL: address, Header: http.Header{}, Query: nil, Type: file.Type, Body: bytes.NewReader(file.Content), Length: int64(len(file.Content))}
		_, err := c.rest.Do(ctx, call)
		return err
	}
	if c.elsewhere == nil {
		return &providers.Error{Kind: providers.NotSent, Call: "upload", Message: "the service names another host for the file, which the simulator has not"}
	}
	answer, err := c.elsewhere.Put(ctx, address, file.Type, bytes.NewReader(file.Content))
	if err != nil {
		return &providers.Error{Kind: providers.NotSent, Call: "upload", Message: c.rest.Clean(fmt.Sprintf("put the file: %v", err))}
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 != 2 {
		return &providers.Error{Kind: providers.NotSent, Call: "upload", Status: answer.StatusCode, Message: fmt.Sprintf("the place for the file answers %d", answer.StatusCode)}
	}
	return nil
}

// elsewhere returns a client for places on other hosts; nil where a transport stands in for
// the network.
func elsewhere(config providers.Config, host string, here bool) *publicnet.Client {
	if config.Transport != nil {
		return nil
	}
	var o publicnet.Options
	if here {
		o.Loopback = []string{host}
	}
	return publicnet.New(o)
}
