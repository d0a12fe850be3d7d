package samsar

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// The parts of a webhook's address that are ours. The service neither signs webhooks nor
// echoes a reference, so our reference and our signature over it are in the address.
const (
	queryReference = "rm"
	querySignature = "sig"
)

// webhook returns the address that the service calls for a request; empty for none.
func (c *Client) webhook(r providers.Request) string {
	u, err := url.Parse(r.Callback)
	if r.Callback == "" || err != nil {
		return ""
	}
	query := u.Query()
	query.Set(queryReference, r.Reference)
	if len(c.secret) > 0 {
		query.Set(querySignature, c.sign(r.Reference))
	}
	u.RawQuery = query.Encode()
	return u.String()
}

func (c *Client) sign(reference string) string {
	mac := hmac.New(sha256.New, c.secret)
	mac.Write([]byte(reference))
	return hex.EncodeToString(mac.Sum(nil))
}

// maxWebhook is the most bytes that a webhook may have. Its sender is not known before it
// is read.
const maxWebhook = 1 << 20

// ErrForged is returned for a webhook whose address does not carry our
// signature.
var ErrForged = errors.New("webhook does not carry our signature")

// Notify reads a webhook. The service sends it once and does not sign it, so it only
// hints which session belongs to which row. It is authentic if its address carries our
// signature over the row's reference; also then the caller confirms it by asking for the
// status.
func (c *Client) Notify(_ http.Header, query, body []byte) (providers.Notice, error) {
	if len(body) > maxWebhook {
		return providers.Notice{}, errors.New("read webhook: longer than 1 MiB")
	}
	values, err := url.ParseQuery(string(query))
	if err != nil {
		return providers.Notice{}, errors.New("read webhook: its address is damaged")
	}
	notice := providers.Notice{Reference: values.Get(queryReference)}
	if notice.Reference == "" {
		return providers.Notice{}, errors.New("read webhook: it names no row")
	}
	if len(c.secret) > 0 {
		if !hmac.Equal([]byte(strings.ToLower(values.Get(querySignature))), []byte(c.sign(notice.Reference))) {
			return providers.Notice{}, ErrForged
		}
		notice.Authentic = true
	}
	var said status
	if json.Unmarshal(body, &said) != nil {
		return providers.Notice{}, errors.New("read webhook: not a JSON object")
	}
	notice.Ticket = job.Ticket{
		Job:    string(cmp.Or(said.External, said.Request, said.Session)),
		Result: string(cmp.Or(said.Session, said.Request, said.External)),
	}
	if !rest.Usable(notice.Ticket.Job) || !rest.Usable(notice.Ticket.Result) {
		return providers.Notice{}, errors.New("read webhook: it names no session")
	}
	notice.Progress = said.progress()
	notice.Progress.Reason = c.rest.Clean(notice.Progress.Reason)
	notice.Progress.Strange = c.rest.Clean(notice.Progress.Strange)
	return notice, nil
}
