package report

import (
	"context"
	"fmt"
	"time"

	"github.com/reelmerge/reelmerge/internal/wording"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/ledger"
)

// Link says what a request to a link found, without downloading the video.
type Link struct {
	Alive   bool
	Bytes   int64     // 0 where the server does not say
	Expires time.Time // zero where the link does not say
}

// Links looks at links; it refuses private addresses as a download does.
type Links interface {
	Look(ctx context.Context, url string) (Link, error)
}

// SendReady says which rows can be mailed: the row has a video, its link answers and
// lasts long enough, and the file behind it has a plausible size.
type SendReady struct {
	Links Links
	// Until is when the link must still be good; zero asks only for now.
	Until time.Time
}

// Limits of the size of a video, in bytes: for the whole file, and per second of playing.
// A smaller file is an error page or a video that was cut off; a bigger one is something
// else than a video.
const (
	leastBytes       = 1 << 10
	leastBytesSecond = 1 << 6 // a video of a still picture is little larger
	mostBytesSecond  = 8 << 20
)

// Check returns why the row of an entry cannot be mailed; an empty reason means
// that it can. An error means that the link could not be looked at.
func (s SendReady) Check(ctx context.Context, e ledger.Entry) (reason string, err error) {
	if e.State != ledger.Succeeded || e.Purged || e.Result.VideoURL == "" {
		return "there is no video: " + StatusOf(&e), nil
	}
	link, err := s.Links.Look(ctx, e.Result.VideoURL)
	if err != nil {
		return "", fmt.Errorf("look at the link of row %d: %w", e.Row, err)
	}
	switch {
	case !link.Alive:
		return "its link does not answer", nil
	case !link.Expires.IsZero() && link.Expires.Before(s.Until):
		return "its link expires on " + when(link.Expires), nil
	}
	if reason := unexpected(e.Result.Duration, e.Seconds); reason != "" {
		return reason, nil
	}
	return implausible(link.Bytes, e.Result.Duration), nil
}

// farOff is how many times as long, or as short, as expected a video may be. Beyond that
// it is taken for another video or for a part of one. The limit is wide, since a
// template's estimate of the length is often wrong by a factor of two or three.
const farOff = 10

// unexpected says that a video lasts much longer or shorter than its texts need. A length
// that is not known raises no objection.
func unexpected(length time.Duration, expected job.Length) string {
	if length <= 0 || expected.Likely <= 0 || length*farOff >= expected.Low && length <= farOff*expected.High {
		return ""
	}
	return fmt.Sprintf("it lasts %s, and about %s were expected", wording.Lasting(length), wording.Lasting(expected.Likely))
}

// implausible says what is wrong with a size. A server need not tell the size, so an
// unknown one raises no objection.
func implausible(bytes int64, length time.Duration) string {
	seconds := int64(length / time.Second)
	switch {
	case bytes <= 0:
		return ""
	case bytes < max(leastBytes, leastBytesSecond*seconds):
		return fmt.Sprintf("its file is too small to be the video: %d bytes", bytes)
	case seconds > 0 && bytes > mostBytesSecond*(seconds+1):
		return fmt.Sprintf("its file is too big for %d seconds: %d bytes", seconds, bytes)
	}
	return ""
}
