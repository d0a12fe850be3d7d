package kensa

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
)

// order is a request for a video, as far as it is told apart by.
type order struct {
	Prompt      string        `json:"prompt"`
	Model       string        `json:"model"`
	Duration    rest.Quantity `json:"duration"`
	AspectRatio string        `json:"aspectRatio"`
	Quality     string        `json:"quality"`
	StartImage  string        `json:"startImageUrl"`
}

func readOrder(body json.RawMessage) (order, error) {
	o := order{Duration: -1}
	if err := json.Unmarshal(body, &o); err != nil {
		return o, errors.New("the request is no order for a video")
	}
	return o, nil
}

// referenceName is the parameter of our own picture's address that names the row.
const referenceName = "rm"

// withReference puts our name for the row into the address of the first picture,
// the only thing that the service gives back as it was sent. An address that has
// a query already is left as it is: it may be signed, and a picture that cannot
// be fetched helps nobody.
func withReference(r providers.Request) (json.RawMessage, error) {
	fields, err := rest.Object(r.Body)
	if err != nil {
		return nil, err
	}
	address, ok := referenced(rest.Text(fields, "startImageUrl"), r.Reference)
	if !ok {
		return r.Body, nil
	}
	quoted, err := encode(address)
	if err != nil {
		return nil, err
	}
	fields["startImageUrl"] = quoted
	return encode(fields)
}

// referenced returns the address with the reference in it, where there is room.
func referenced(address, reference string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || reference == "" || u.Host == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return address, false
	}
	u.RawQuery = url.Values{referenceName: {reference}}.Encode()
	return u.String(), true
}

// encode writes JSON without the escapes that browsers alone need.
func encode(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// private lists the values of a row in a request: they are taken out of the
// service's words before anybody sees them.
func private(body json.RawMessage) (values []string) {
	o, err := readOrder(body)
	if err != nil {
		return nil
	}
	for _, value := range []string{o.Prompt, o.StartImage} {
		if value != "" {
			values = append(values, value)
		}
	}
	return values
}

// request is the part of an answer that repeats the row's values.
func (v video) request() json.RawMessage {
	body, err := json.Marshal(order{Prompt: string(v.Prompt), StartImage: string(v.StartImage)})
	if err != nil {
		return nil
	}
	return body
}
