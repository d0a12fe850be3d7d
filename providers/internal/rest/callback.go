package rest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/url"
	"strings"

	"github.com/reelmerge/reelmerge/providers"
)

// Parameters that are added to a webhook's address. The service stores and lists the
// address, so the reference is opaque. Our own signature keeps a stranger from exchanging
// rows, because a service signs at most the body.
const (
	ReferenceName = "rm"
	signatureName = "rs"
)

// MaxWebhook is the largest webhook that is read, in bytes.
const MaxWebhook = 1 << 20

// ErrForged is returned for a webhook whose signature is missing, wrong or old.
var ErrForged = errors.New("webhook does not carry a good signature")

// CallbackURL returns the receiver's address of a request, with the row's reference in it.
// With a secret the reference is signed.
func CallbackURL(r providers.Request, secret []byte) (string, error) {
	u, err := url.Parse(r.Callback)
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return "", errors.New("the webhook's address is no https address")
	}
	if r.Reference == "" {
		return u.String(), nil
	}
	own := url.Values{ReferenceName: {r.Reference}}
	if len(secret) > 0 {
		own.Set(signatureName, signed(secret, r.Reference))
	}
	u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+own.Encode(), "&")
	return u.String(), nil
}

// CalledBack returns the reference that stands in a webhook's query. A service's signature
// proves the job but not the row, so with a secret the reference must carry ours: else the
// error is [ErrForged].
func CalledBack(query []byte, secret []byte) (string, error) {
	values, err := url.ParseQuery(string(query))
	if err != nil {
		return "", errors.New("its query makes no sense")
	}
	reference := values.Get(ReferenceName)
	if len(secret) > 0 && reference != "" && !hmac.Equal([]byte(values.Get(signatureName)), []byte(signed(secret, reference))) {
		return "", ErrForged
	}
	return reference, nil
}

// signed is our own signature of a reference. It covers another text than any service's, so
// neither can stand in for the other.
func signed(secret []byte, reference string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("reelmerge reference\x00" + reference))
	return hex.EncodeToString(mac.Sum(nil))
}
