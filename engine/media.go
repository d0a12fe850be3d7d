package engine

import (
	"cmp"
	"context"
	"path/filepath"
	"runtime"

	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/templates"
)

// mediaFolders are the folders of media files: of those that rows name by a path, and
// of the copies of those that rows name by a web address.
type mediaFolders struct{ named, kept string }

// open returns the path of a planned file. A copy of a web address is kept under its
// hash: the address may lead to another file by now, and the file that is sent must be
// the one that was checked and priced.
func (f mediaFolders) open(m job.Media) string {
	if providers.IsAddress(m.Path) {
		return filepath.Join(f.kept, m.SHA256)
	}
	return mediaPath(f.named, m.Path)
}

// mediaPath places a media file of a row: relative paths are the campaign's.
func mediaPath(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, filepath.FromSlash(path))
}

// placer returns the function that finds the files that rows name. A plan without Fetch
// leaves web addresses alone, so that a mere look causes no downloads.
func (p *Planner) placer(ctx context.Context) func(name string) providers.Placed {
	return func(name string) providers.Placed {
		switch {
		case !providers.IsAddress(name):
			return p.local(name)
		case p.Fetch == nil:
			return providers.Placed{}
		}
		return p.Fetch(ctx, name)
	}
}

// local is the file that a row names by its path. One outside the folder of media is
// not looked at: a sheet must not have any file of this machine sent.
func (p *Planner) local(name string) providers.Placed {
	path := mediaPath(p.Folder, name)
	if within(cmp.Or(p.Media, p.Folder), path) {
		return providers.Placed{Path: path}
	}
	return providers.Placed{Problem: &problem.Problem{
		Code: "ROW-MEDIA-OUTSIDE", Message: "the file is outside the folder of media",
		Hint: "copy it beside the campaign file, or set rows.media_folder to the folder that it is in",
	}}
}

// within reports whether a path leads into a folder, also where links are followed.
func within(folder, path string) bool {
	return isBelow(folder, path) && isBelow(followed(folder), followed(path))
}

// isBelow compares two paths by their names alone; links are followed by the caller.
func isBelow(folder, path string) bool {
	folder, err1 := filepath.Abs(folder)
	path, err2 := filepath.Abs(path)
	if err1 != nil || err2 != nil {
		return false
	}
	relative, err := filepath.Rel(folder, path)
	return err == nil && filepath.IsLocal(relative)
}

// followed is the path without links, as far as it is there.
func followed(path string) string {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	above := filepath.Dir(path)
	if above == path {
		return path
	}
	return filepath.Join(followed(above), filepath.Base(path))
}

// Rows that may have to wait for a network are checked many at a time, and
// handed over a few at a time.
const (
	fetchingRows    = 16
	fetchingHandful = 4
)

// crowd returns how many workers check rows, and how many rows each takes at a time.
func (p *Planner) crowd() (workers, rows int) {
	for _, s := range p.steps() {
		if _, ok := providers.As[providers.Attacher](s.Checker); ok && p.Fetch != nil {
			return fetchingRows, fetchingHandful
		}
	}
	return runtime.GOMAXPROCS(0), batchRows
}

// measure returns how long the row's video will be: the template's estimate, or the
// length of its media files where the template has none.
func (s *stage) measure(r providers.Request, rendered *templates.Rendered) templates.Interval {
	if s.measurer == nil || rendered.Seconds.Known {
		return rendered.Seconds
	}
	length := s.measurer.Measure(r)
	return templates.Interval{
		Low: length.Low.Seconds(), Likely: length.Likely.Seconds(), High: length.High.Seconds(), Known: length.Known(),
	}
}
