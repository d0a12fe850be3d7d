// Package job holds the facts about a service's job that the ledger and the clients of
// services share: its ids, its result, how long that lasts, and the files that go along
// with its request.
package job

import "time"

// Ticket is a service's own name for a job. Some services use a second id for the
// finished video.
type Ticket struct {
	Job    string `json:"job"`
	Result string `json:"result,omitempty"`
}

// Result is the result of a finished job. Only the video URL is sure to be there.
type Result struct {
	VideoURL     string        `json:"video,omitempty"`
	ShareURL     string        `json:"share,omitempty"`
	ThumbnailURL string        `json:"thumb,omitempty"`
	Name         string        `json:"name,omitempty"` // what an operation that makes no video made
	Duration     time.Duration `json:"dur,omitempty"`
	Bytes        int64         `json:"bytes,omitempty"`
}

// Length is how long a video is expected to last; the zero value says that it is
// not known.
type Length struct {
	Low    time.Duration `json:"low"`
	Likely time.Duration `json:"likely"`
	High   time.Duration `json:"high"`
}

// Known reports whether there is a length at all.
func (l Length) Known() bool { return l.High > 0 }

// Media is a file that goes along with a request. It is named by its contents at the time
// when its row was planned.
type Media struct {
	Part   string `json:"part"`           // name of the form part
	Path   string `json:"path"`           // local file
	Type   string `json:"type,omitempty"` // content type, from its content
	SHA256 string `json:"sha256"`         // hexadecimal, of the content as planned
}
