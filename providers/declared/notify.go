package declared

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // some services sign with nothing better
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// tolerance is how old a webhook may be.
const tolerance = 5 * time.Minute

// ErrForged is returned for a webhook whose signature is missing, wrong or old.
var ErrForged = rest.ErrForged

// Notify reads a webhook. It is authentic if the service signed it, and if we signed the
// reference where that stands in its address. A service that signs nothing can only give a
// hint.
func (c *client) Notify(header http.Header, query, body []byte) (providers.Notice, error) {
	w := c.d.Webhook
	if w == nil || len(body) > rest.MaxWebhook {
		return providers.Notice{}, errors.New("read webhook: the service sends none, or not one of that length")
	}
	// The signature is checked before the body is read: a stranger's JSON is not worth
	// parsing.
	signed := len(c.proof) > 0 && w.Verify.Scheme != "none"
	if signed && !w.Verify.Holds(c.proof, header, body, time.Now()) {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", ErrForged)
	}
	document, err := decode(body)
	id := w.Job.id(document)
	if err != nil || id == "" {
		return providers.Notice{}, errors.New("read webhook: it names no job")
	}
	reference, err := rest.CalledBack(query, c.secret)
	if err != nil {
		return providers.Notice{}, fmt.Errorf("read webhook: %w", err)
	}
	if reference == "" {
		reference = w.Reference.text(document)
	}
	n := providers.Notice{Reference: reference, Ticket: job.Ticket{Job: id}, Authentic: signed}
	n.Progress = c.claimed(answered{header: header, body: document}, id)
	return n, nil
}

// claimed is what a webhook says of the job.
func (c *client) claimed(a answered, id string) providers.Progress {
	r := c.d.Webhook.Read
	if r == nil {
		return providers.Progress{}
	}
	word := r.Status.text(a.body)
	if word == "" || !rest.Usable(id) {
		return providers.Progress{}
	}
	return c.progress(*r, word, a, values{job: id, settings: c.settings})
}

// Holds reports whether a webhook carries a good signature that is not old.
func (v Verify) Holds(secret []byte, header http.Header, body []byte, now time.Time) bool {
	public := v.public(secret)
	if v.Scheme == "standard-webhooks" {
		v = standard(v)
	}
	if public {
		return v.fresh(header, now) && v.byVendor(secret, header, body)
	}
	key, err := v.key(secret)
	if err != nil || !v.fresh(header, now) {
		return false
	}
	signed := string(body)
	if v.Signed.source != "" {
		// The body may be empty, and a header may be missing: both are signed as nothing.
		signed = v.text(header, body)
	}
	mac := hmac.New(hashOf(v.Hash), key)
	mac.Write([]byte(signed))
	want := mac.Sum(nil)
	// Several signatures stand beside each other while a secret is exchanged.
	for given := range strings.FieldsSeq(header.Get(v.Header)) {
		given, prefixed := strings.CutPrefix(given, v.Prefix)
		if got, err := v.decode(given); prefixed && err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

// publicKey begins a public key of Standard Webhooks.
const publicKey = "whpk_"

// public reports whether a secret of this scheme is none: it is the vendor's public key,
// which anybody may have, and which checks signatures and makes none.
func (v Verify) public(secret []byte) bool {
	return v.Scheme == "ed25519" || v.Scheme == "standard-webhooks" && bytes.HasPrefix(secret, []byte(publicKey))
}

// byVendor reports whether a webhook has a good signature by one of the vendor's keys.
// Several stand beside each other while keys are exchanged.
func (v Verify) byVendor(keys []byte, header http.Header, body []byte) bool {
	if v.Scheme == "standard-webhooks" {
		v.Prefix = "v1a,"
	}
	signed := body
	if v.Signed.source != "" {
		signed = []byte(v.text(header, body))
	}
	for given := range strings.FieldsSeq(header.Get(v.Header)) {
		given, prefixed := strings.CutPrefix(given, v.Prefix)
		signature, err := v.decode(given)
		if !prefixed || err != nil {
			continue
		}
		for written := range strings.FieldsSeq(string(keys)) {
			if key := vendorKey(written); key != nil && ed25519.Verify(key, signed, signature) {
				return true
			}
		}
	}
	return false
}

// vendorKey reads a public key as vendors write one: in base64 of either alphabet, or in
// hexadecimal. It is nil where that is none.
func vendorKey(written string) ed25519.PublicKey {
	written = strings.TrimPrefix(written, publicKey)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString, base64.StdEncoding.DecodeString, base64.RawStdEncoding.DecodeString, base64.RawURLEncoding.DecodeString, base64.URLEncoding.DecodeString,
	} {
		if key, err := decode(written); err == nil && len(key) == ed25519.PublicKeySize {
			return key
		}
	}
	return nil
}

// text is what is signed.
func (v Verify) text(header http.Header, body []byte) string {
	var b strings.Builder
	for _, p := range v.Signed.pieces {
		switch p.hole {
		case "":
			b.WriteString(p.text)
		case "body":
			if p.of == "sha256" {
				sum := sha256.Sum256(body)
				b.WriteString(hex.EncodeToString(sum[:]))
				continue
			}
			b.Write(body)
		case "header":
			b.WriteString(header.Get(p.of))
		}
	}
	return b.String()
}

// standard are the parts of a signature by standardwebhooks.com.
func standard(v Verify) Verify {
	v.Hash, v.Encoding, v.Header, v.Prefix, v.SecretIs = "sha256", "base64", "Webhook-Signature", "v1,", "base64"
	v.Signed = newText("{header:webhook-id}.{header:webhook-timestamp}.{body}")
	v.Timestamp = &struct {
		Header    string
		Tolerance Duration
	}{Header: "Webhook-Timestamp"}
	return v
}

// key is the secret as it is used.
func (v Verify) key(secret []byte) ([]byte, error) {
	text := strings.TrimPrefix(string(secret), "whsec_")
	switch v.SecretIs {
	case "base64":
		return base64.StdEncoding.DecodeString(text)
	case "hex":
		return hex.DecodeString(text)
	}
	return secret, nil
}

func (v Verify) decode(signature string) ([]byte, error) {
	if v.Encoding == "base64" {
		return base64.StdEncoding.DecodeString(signature)
	}
	return hex.DecodeString(signature)
}

// fresh refuses a webhook that was sent long ago, or that comes from the future: somebody
// may have kept it.
func (v Verify) fresh(header http.Header, now time.Time) bool {
	if v.Timestamp == nil {
		return true
	}
	sent, err := strconv.ParseInt(header.Get(v.Timestamp.Header), 10, 64)
	if err != nil {
		return false
	}
	allowed := time.Duration(v.Timestamp.Tolerance)
	if allowed <= 0 {
		allowed = tolerance
	}
	return now.Sub(time.Unix(sent, 0)).Abs() <= allowed
}

func hashOf(name string) func() hash.Hash {
	switch name {
	case "sha512":
		return sha512.New
	case "sha1":
		return sha1.New
	}
	return sha256.New
}
