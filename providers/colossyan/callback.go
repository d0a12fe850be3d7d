package colossyan

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// The fields of a callback. In a callback "url" is the video file and "videoUrl" the page
// to share it (COL-G10). The keys of our payload and of the variables stand beside them
// in the same object. Which one wins when two are alike is not documented.
const (
	keyFile      = "url"
	keyPage      = "videoUrl"
	keyShare     = "shareUrl"
	keyStatus    = "status"
	keyReference = "rm"
	keySignature = "sig"
)

// reservedKeys are the callback's own fields, and ourKeys those of our payload.
func reservedKeys() []string { return []string{keyFile, keyPage, keyShare, keyStatus} }

func ourKeys() []string { return []string{keyReference, keySignature} }

// callbackField is the name of the request's field for the callback's address. It differs
// between the two operations, and Colossyan silently ignores the wrong one (COL-G1).
func callbackField(operation string) string {
	switch operation {
	case TemplateJob:
		return "callbackUrl"
	case VideoJob:
		return "callback"
	}
	return ""
}

// callbackFields are all fields of a request that concern callbacks.
func callbackFields() []string { return []string{"callback", "callbackUrl", "callbackPayload"} }

// withCallback returns the request's body with the callback's address and payload at its
// end. The rest of the body stays as it was checked, byte for byte. The payload is our
// opaque reference and our signature over it, and nothing of the row (COL-B4).
//
// A variable named like a field of the callback may overwrite that field with a cell of
// the sheet. Then no callback is asked for, and the job is polled (COL-B3).
func withCallback(r providers.Request, secret []byte) ([]byte, error) {
	fields, err := rest.Object(r.Body)
	if err != nil {
		return nil, err
	}
	for _, name := range callbackFields() {
		if _, set := fields[name]; set {
			return nil, fmt.Errorf("the request must not set %q itself", name)
		}
	}
	if r.Callback == "" || len(overwritten(fields)) > 0 {
		return r.Body, nil
	}
	payload := map[string]string{keyReference: r.Reference}
	if len(secret) > 0 {
		payload[keySignature] = sign(secret, r.Reference)
	}
	tail, err := json.Marshal(map[string]any{callbackField(r.Operation): r.Callback, "callbackPayload": payload})
	if err != nil {
		return nil, err
	}
	return splice(r.Body, tail, len(fields) == 0), nil
}

// splice appends the members of one JSON object to another, without decoding either.
func splice(object, members []byte, empty bool) []byte {
	object = bytes.TrimSpace(object)
	var out bytes.Buffer
	out.Write(bytes.TrimRight(object[:len(object)-1], " \t\r\n"))
	if !empty {
		out.WriteByte(',')
	}
	out.Write(members[1:])
	return out.Bytes()
}

// overwritten lists the variables that could overwrite the callback's own fields.
func overwritten(fields map[string]json.RawMessage) []string {
	var variables map[string]json.RawMessage
	if json.Unmarshal(rest.OrNull(fields["dynamicVariables"]), &variables) != nil {
		return nil
	}
	var found []string
	for _, name := range reservedKeys() {
		if _, there := variables[name]; there {
			found = append(found, name)
		}
	}
	return found
}

// sign returns our signature over a reference.
func sign(secret []byte, reference string) string {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(reference))
	return hex.EncodeToString(mac.Sum(nil))
}

// maxCallback is the most bytes that a callback may have. Its sender is not known before
// it is read.
const maxCallback = 1 << 20

// ErrForged is returned for a callback that does not carry our signature.
var ErrForged = errors.New("callback does not carry our signature")

// Notify reads a callback of either edition of the API. The newer one has a status. The
// older one has none and comes on success only (COL-G9). A callback names no job, only
// our reference. With our signature over it the notice is authentic; without a secret in
// the configuration it is only a hint.
//
// The signature proves that the sender knew the reference. It does not prove what became
// of the job, so the caller confirms the notice by a poll wherever it can (COL-B6).
func (c *Client) Notify(_ http.Header, _, body []byte) (providers.Notice, error) {
	if len(body) > maxCallback {
		return providers.Notice{}, errors.New("read callback: longer than 1 MiB")
	}
	fields, err := rest.Object(body)
	if err != nil {
		return providers.Notice{}, errors.New("read callback: not a JSON object")
	}
	notice := providers.Notice{Reference: rest.Text(fields, keyReference)}
	if notice.Reference == "" {
		return providers.Notice{}, fmt.Errorf("read callback: %w", ErrForged)
	}
	if len(c.secret) > 0 {
		if !c.signed(notice.Reference, rest.Text(fields, keySignature)) {
			return providers.Notice{}, fmt.Errorf("read callback: %w", ErrForged)
		}
		notice.Authentic = true
	}
	notice.Progress = claimed(fields)
	notice.Progress.Strange = c.rest.Clean(notice.Progress.Strange)
	return notice, nil
}

// signed compares in constant time, so that a forger learns nothing from how long it
// takes.
func (c *Client) signed(reference, signature string) bool {
	return hmac.Equal([]byte(strings.ToLower(signature)), []byte(sign(c.secret, reference)))
}

// claimed reads the state of the job that a callback claims. Fields are looked up by
// their exact names: a variable called "Status" is not the status.
func claimed(fields map[string]json.RawMessage) providers.Progress {
	word := rest.Text(fields, keyStatus)
	p := providers.Progress{Result: job.Result{
		VideoURL: webAddress(rest.Text(fields, keyFile)), ShareURL: webAddress(rest.Text(fields, keyShare)),
	}}
	if p.Result.ShareURL == "" {
		p.Result.ShareURL = webAddress(rest.Text(fields, keyPage))
	}
	p.Outcome, p.Strange = outcome(rest.Word(word))
	switch {
	case word == "" && p.Result.VideoURL != "":
		p.Outcome = providers.Succeeded
		p.Strange = ""
	case p.Outcome == providers.Succeeded && p.Result.VideoURL == "":
		p.Outcome = providers.Running // without its file a success is worth a question, no more
	}
	return p
}
