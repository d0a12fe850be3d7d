package vidgen

import (
	"fmt"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
)

// form writes the body of a submit: the address of the webhook if there is one, and then
// the picture and the sound.
func (c *Client) form(r providers.Request) (*upload.Form, error) {
	f, err := upload.NewForm("")
	if err != nil {
		return nil, err
	}
	if r.Callback != "" {
		address, err := rest.CallbackURL(r, c.secret)
		if err != nil {
			return nil, fmt.Errorf("%w (VID-B3)", err)
		}
		if err := f.Field("webhookUrl", address); err != nil {
			return nil, fmt.Errorf("write form: %w", err)
		}
	}
	for _, part := range parts() {
		file, err := upload.Planned(r.Media, part, mostBytes)
		if err != nil {
			return nil, err
		}
		if err := f.File(part, file); err != nil {
			return nil, fmt.Errorf("write form: %w", err)
		}
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("write form: %w", err)
	}
	return f, nil
}
