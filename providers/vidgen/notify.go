package vidgen

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// signatureHeader has the service's signature: hexadecimal, over the raw body, with the
// account's secret.
const signatureHeader = "X-Webhook-Signature"

// ErrForged is returned for a webhook without a valid signature.
var ErrForged = rest.ErrForged

// referenceOf returns our reference from a webhook's address.
func referenceOf(address string) (reference string, tagged bool) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "", false
	}
	reference = u.Query().Get(rest.ReferenceName)
	return reference, reference != ""
}

// mac returns the code of a text under the account's secret.
func (c *Client) mac(text []byte) []byte {
	mac := hmac.New(sha256.New, c.secret)
	mac.Write(text)
	return mac.Sum(nil)
}

// Notify reads a webhook, which has the form of a status answer (VID-G5). It is authentic
// if the service signed its body and we signed the reference in its address (VID-B1).
// Without a configured secret it is only a hint. A stranger may send an old webhook again,
// so the caller should ask the service before believing one (VID-B2).
func (c *Client) Notify(header http.Header, query, body []byte) (providers.Notice, error) {
	if len(body) > rest.MaxWebhook {
		return providers.Notice{}, errors.New("read webhook: longer than 1 MiB")
	}
	// The signature is checked before the body is read: a stranger's JSON is not worth
	// parsing.
	signed := len(c.secret) > 0
	if signed && !c.signedBy(header.Get(signatureHeader), body) {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", ErrForged)
	}
	var claimed jobState
	if json.Unmarshal(body, &claimed) != nil || !rest.Usable(claimed.id()) || claimed.Status == "" {
		return providers.Notice{}, errors.New("read webhook: it names no job and status")
	}
	reference, err := rest.CalledBack(query, c.secret)
	if err != nil {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", err)
	}
	notice := providers.Notice{
		Reference: reference, Ticket: job.Ticket{Job: claimed.id()}, Authentic: signed, Progress: claimed.progress(),
	}
	notice.Progress.Reason = c.rest.Clean(notice.Progress.Reason)
	notice.Progress.Strange = c.rest.Clean(notice.Progress.Strange)
	return notice, nil
}

// signedBy compares in constant time, so that a signature cannot be guessed byte by byte.
// It accepts hexadecimal in either case.
func (c *Client) signedBy(signature string, body []byte) bool {
	given, err := hex.DecodeString(strings.TrimSpace(signature))
	return err == nil && hmac.Equal(given, c.mac(body))
}
