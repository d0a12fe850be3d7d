package templates

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Script names what the videos of all rows have in common: the request and its scenes,
// and the length that the template states. Videos of another script last otherwise, so
// rows learn from those of their own. Layout and names of a template change nothing.
func (t *Template) Script() string {
	h := sha256.New()
	h.Write([]byte(t.Operation + "\x00" + t.Language + "\x00"))
	stated, _ := json.Marshal(t.Duration) // two numbers or nothing
	for _, part := range [][]byte{t.Request, t.Creative, stated} {
		var compact bytes.Buffer
		if json.Compact(&compact, part) != nil {
			compact.Write(part)
		}
		h.Write(append(compact.Bytes(), 0))
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}
