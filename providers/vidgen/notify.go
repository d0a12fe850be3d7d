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

// What we add to the webhook's address. The service stores and lists it, so it is
// opaque; our own signature keeps anybody from swapping rows, because the
// service's covers the body alone.
const (
	referenceName = "rm"
	signatureName = "rs"
)

// signatureHeader carries the service's signature: hexadecimal, of the raw body,
// with the account's secret.
const signatureHeader = "X-Webhook-Signature"

// maxWebhook is the most that a webhook may have.
const maxWebhook = 1 << 20

// ErrForged is returned for a webhook that carries no good signature.
var ErrForged = errors.New("webhook does not carry a good signature")

// webhookURL is the receiver's address with the row's reference in it.
func (c *Client) webhookURL(r providers.Request) (string, error) {
	u, err := url.Parse(r.Callback)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errors.New("the webhook's address is no https address (VID-B3)")
	}
	if r.Reference == "" {
		return u.String(), nil
	}
	own := url.Values{referenceName: {r.Reference}}
	if len(c.secret) > 0 {
		own.Set(signatureName, c.sign(r.Reference))
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+own.Encode(), "&")
	return u.String(), nil
}

// referenceOf finds a reference of ours in a webhook's address.
func referenceOf(address string) (reference string, tagged bool) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "", false
	}
	reference = u.Query().Get(referenceName)
	return reference, reference != ""
}

// sign returns our own signature over a reference. It is about another text than
// the service's, so neither can pass for the other.
func (c *Client) sign(reference string) string {
	return hex.EncodeToString(c.mac([]byte("reelmerge reference\x00" + reference)))
}

func (c *Client) mac(text []byte) []byte {
	mac := hmac.New(sha256.New, c.secret)
	mac.Write(text)
	return mac.Sum(nil)
}

// Notify reads a webhook, which looks like the answer to a status call (VID-G5).
// It is authentic when the service signed its body and we signed the reference in
// its address (VID-B1); without a secret in the configuration it is a mere hint.
// Nothing keeps an old one from being sent again, so whoever is told should ask
// the service before believing it (VID-B2).
func (c *Client) Notify(header http.Header, query, body []byte) (providers.Notice, error) {
	if len(body) > maxWebhook {
		return providers.Notice{}, errors.New("read webhook: longer than 1 MiB")
	}
	signed := len(c.secret) > 0
	if signed && !c.signedBy(header.Get(signatureHeader), body) {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", ErrForged)
	}
	var claimed jobState
	if json.Unmarshal(body, &claimed) != nil || !rest.Usable(claimed.id()) || claimed.Status == "" {
		return providers.Notice{}, errors.New("read webhook: it names no job and status")
	}
	values, err := url.ParseQuery(string(query))
	if err != nil {
		return providers.Notice{}, errors.New("read webhook: its query makes no sense")
	}
	reference := values.Get(referenceName)
	if signed && reference != "" && !hmac.Equal([]byte(values.Get(signatureName)), []byte(c.sign(reference))) {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", ErrForged)
	}
	notice := providers.Notice{
		Reference: reference, Ticket: job.Ticket{Job: claimed.id()}, Authentic: signed, Progress: claimed.progress(),
	}
	notice.Progress.Reason, notice.Progress.Strange = c.rest.Clean(notice.Progress.Reason), c.rest.Clean(notice.Progress.Strange)
	return notice, nil
}

// signedBy compares in constant time; hexadecimal of either case will do.
func (c *Client) signedBy(signature string, body []byte) bool {
	given, err := hex.DecodeString(strings.TrimSpace(signature))
	return err == nil && hmac.Equal(given, c.mac(body))
}
