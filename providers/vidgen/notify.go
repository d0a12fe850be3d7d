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

// Parameters that we add to the webhook's address. The service stores and lists the
// address, so the reference is opaque. Our own signature keeps a stranger from exchanging
// rows, because the service signs only the body.
const (
	referenceName = "rm"
	signatureName = "rs"
)

// signatureHeader has the service's signature: hexadecimal, over the raw body, with the
// account's secret.
const signatureHeader = "X-Webhook-Signature"

// maxWebhook is the largest webhook that is read.
const maxWebhook = 1 << 20

// ErrForged is returned for a webhook without a valid signature.
var ErrForged = errors.New("webhook does not carry a good signature")

// webhookURL returns the receiver's address with the row's reference in it.
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

// referenceOf returns our reference from a webhook's address.
func referenceOf(address string) (reference string, tagged bool) {
	u, err := url.Parse(address)
	if err != nil || address == "" {
		return "", false
	}
	reference = u.Query().Get(referenceName)
	return reference, reference != ""
}

// sign returns our own signature of a reference. It covers another text than the service's
// signature, so neither can stand in for the other.
func (c *Client) sign(reference string) string {
	return hex.EncodeToString(c.mac([]byte("reelmerge reference\x00" + reference)))
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
	if len(body) > maxWebhook {
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
	values, err := url.ParseQuery(string(query))
	if err != nil {
		return providers.Notice{}, errors.New("read webhook: its query makes no sense")
	}
	reference := values.Get(referenceName)
	// The service's signature proves the job but not the row. Only our own proves the row.
	if signed && reference != "" && !hmac.Equal([]byte(values.Get(signatureName)), []byte(c.sign(reference))) {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", ErrForged)
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
