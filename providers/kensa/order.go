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

// order holds the fields by which requests are told apart.
type order struct {
	Prompt      string        `json:"prompt"`
	Model       string        `json:"model"`
	Duration    rest.Quantity `json:"duration"`
	AspectRatio string        `json:"aspectRatio"`
	Quality     string        `json:"quality"`
	StartImage  string        `json:"startImageUrl"`
}

// readOrder reads an order. A duration of -1 means that there is none.
func readOrder(body json.RawMessage) (order, error) {
	o := order{Duration: -1}
	if err := json.Unmarshal(body, &o); err != nil {
		return o, errors.New("the request is no order for a video")
	}
	return o, nil
}

// referenceName is the parameter that names the row in the address of our picture.
const referenceName = "rm"

// withReference puts our name for the row into the address of the first picture. It is the
// only thing that the service returns unchanged. An address with a query stays as it is,
// because it may be signed, and a picture that cannot be fetched is worse than a row
// without a name.
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

// referenced returns the address with the reference in it, if there is room for one.
func referenced(address, reference string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || reference == "" || u.Host == "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return address, false
	}
	u.RawQuery = url.Values{referenceName: {reference}}.Encode()
	return u.String(), true
}

// encode writes JSON without the escapes for HTML. The service would show them in prompts.
func encode(value any) (json.RawMessage, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	if err := e.Encode(value); err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	return bytes.TrimSpace(out.Bytes()), nil
}

// private returns the values of a row in a request. They are removed from the service's
// words before anything is shown or written.
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

// request returns the part of an answer that repeats the row's values.
func (v video) request() json.RawMessage {
	body, err := json.Marshal(order{Prompt: string(v.Prompt), StartImage: string(v.StartImage)})
	if err != nil {
		return nil
	}
	return body
}
