package reelmerge

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/internal/inventory"
	"github.com/reelmerge/reelmerge/internal/pictures"
	"github.com/reelmerge/reelmerge/internal/safename"
	"github.com/reelmerge/reelmerge/ledger"
)

// pictureKind is a kind of pictures of videos.
type pictureKind struct {
	folder    string
	extension string
	make      func(*pictures.Maker, context.Context, string) ([]byte, error)
}

// The kinds of pictures.
var (
	stillKind = pictureKind{"stills", ".jpg", (*pictures.Maker).Still}
	gifKind   = pictureKind{"gifs", ".gif", (*pictures.Maker).GIF}
)

// PicturesOptions say which pictures are made of the videos on this machine.
type PicturesOptions struct {
	GIFs     bool                  // short GIFs; else stills
	Progress func(done, total int) // is called after each picture; nil is not called
}

// Pictures says which pictures were made.
type Pictures struct {
	Folder string     `json:"folder"`
	Made   int        `json:"made"`
	Kept   int        `json:"kept"` // that were there
	Absent int        `json:"videos_missing"`
	Failed []NotGiven `json:"failed"`
}

// MakePictures makes a picture of each video that is on this machine, with a mark for
// playing in it. Those that are there already are kept: it may be stopped at any moment and
// goes on where it was.
func (c *Campaign) MakePictures(ctx context.Context, o PicturesOptions) (*Pictures, error) {
	kind := kindOf(o.GIFs)
	maker, err := pictures.Find()
	if err != nil {
		return nil, fail(Usage, err, "install it: apt install ffmpeg, brew install ffmpeg or winget install ffmpeg; then run the command again")
	}
	store, err := c.peekExisting(ctx)
	if err != nil {
		return nil, err
	}
	found, err := c.videos(ctx, store, kind)
	store.Close() // making pictures takes long, and a run must not wait for it
	if err != nil {
		return nil, err
	}
	work := &picturing{campaign: c, kind: kind, maker: maker, progress: o.Progress, total: len(found.missing),
		done: &Pictures{Folder: c.path(kind.folder), Kept: len(found.there), Absent: found.absent, Failed: found.failed}}
	return work.done, work.all(ctx, found.missing)
}

// video is a video on this machine, and the picture of it.
type video struct {
	key     string
	row     int
	path    string
	picture string // its path
	of      string // the hash of the video
}

// videosFound are the videos of a ledger.
type videosFound struct {
	there   []video // they have their picture
	missing []video // they have not
	absent  int     // rows whose video is not on this machine
	failed  []NotGiven
}

// videos lists the videos that the ledger has fetched. A video whose file may be another
// row's is left out: its picture would go to the wrong person.
func (c *Campaign) videos(ctx context.Context, store ledger.Store, kind pictureKind) (found videosFound, err error) {
	found.failed = []NotGiven{}
	names, err := ledger.NamesOf(ctx, store)
	if err != nil {
		return found, ledgerFailure(err)
	}
	var all []video
	pictured := map[string]int{} // names of pictures, and the rows that they are of
	for e, err := range store.Entries(ctx, ledger.Query{States: []ledger.State{ledger.Succeeded}}) {
		if err != nil {
			return found, ledgerFailure(err)
		}
		if e.IsPart() {
			continue
		}
		v, here := c.videoOf(names.Trusted(e), kind)
		folded := safename.Fold(v.picture)
		switch other := pictured[folded]; {
		case !here:
			found.absent++
		case other != 0:
			found.failed = append(found.failed, NotGiven{e.Row, e.Key, fmt.Sprintf("its picture would have the name of row %d's", other), "make the video again under another name: output.filename"})
		default:
			pictured[folded] = e.Row
			all = append(all, v)
		}
	}
	of := map[string]string{}
	for _, v := range all {
		of[v.picture] = v.of
	}
	standing, err := c.made().Standing(of)
	if err != nil {
		return found, unwritable(err)
	}
	for _, v := range all {
		if standing[v.picture] {
			found.there = append(found.there, v)
		} else {
			found.missing = append(found.missing, v)
		}
	}
	return found, nil
}

// videoOf returns the video of an entry, if it is on this machine as it was fetched.
func (c *Campaign) videoOf(e ledger.Entry, kind pictureKind) (v video, here bool) {
	file := e.Fetched
	if e.Purged || file.File == "" {
		return v, false
	}
	path, err := filepath.Abs(filepath.Join(c.path("videos"), file.File))
	if err != nil {
		return v, false
	}
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || file.Proven() && info.Size() != file.Bytes {
		return v, false
	}
	of := file.SHA256.String()
	if !file.Proven() {
		of = fmt.Sprintf("%s, %d bytes", file.File, info.Size())
	}
	return video{e.Key, e.Row, path, c.path(filepath.Join(kind.folder, pictureName(file.File, kind))), of}, true
}

// pictureName is the name of the picture of a video.
func pictureName(video string, kind pictureKind) string {
	return strings.TrimSuffix(filepath.ToSlash(video), ".mp4") + kind.extension
}

// picturesThere returns the names of the pictures that rows have, by the rows' keys. There
// are none without a public place for them.
func (c *Campaign) picturesThere(ctx context.Context, store ledger.Store, kind pictureKind) (map[string]string, error) {
	if c.file.Output.Public == "" {
		return nil, nil
	}
	found, err := c.videos(ctx, store, kind)
	names := map[string]string{}
	for _, v := range found.there {
		names[v.key] = filepath.Base(v.picture)
	}
	return names, err
}

// picturing makes pictures, several at a time.
type picturing struct {
	campaign *Campaign
	kind     pictureKind
	maker    *pictures.Maker
	progress func(done, total int)
	total    int

	mu    sync.Mutex
	count int
	done  *Pictures
}

// all makes the pictures of videos. A video of which none can be made is named, and the
// others go on; a disk that takes no more ends it.
func (p *picturing) all(ctx context.Context, videos []video) error {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	var once sync.Once
	var broken error
	work, stop := context.WithCancel(ctx)
	defer stop()
	for _, v := range videos {
		group.Go(func() error {
			if work.Err() != nil {
				return nil
			}
			if err := p.one(work, v); err != nil {
				once.Do(func() { broken = err })
				stop()
			}
			return nil
		})
	}
	_ = group.Wait()
	slices.SortFunc(p.done.Failed, func(a, b NotGiven) int { return cmp.Compare(a.Row, b.Row) })
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	return broken
}

// one makes the picture of one video. An error is one of the output folder.
func (p *picturing) one(ctx context.Context, v video) error {
	file, err := p.kind.make(p.maker, ctx, v.path)
	if ctx.Err() != nil {
		return nil
	}
	if err == nil {
		err = p.keep(v, file)
		var refused *Error
		if err != nil && !errors.As(err, &refused) {
			return fail(Usage, fmt.Errorf("write the picture of row %d: %w", v.row, err), "see that the output folder can be written; what is made is kept")
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.count++
	if err != nil {
		p.done.Failed = append(p.done.Failed, NotGiven{v.row, v.key, err.Error(), "see whether the video plays: " + p.campaign.inFolder(v.path)})
	} else {
		p.done.Made++
	}
	if p.progress != nil {
		p.progress(p.count, p.total)
	}
	return nil
}

// keep writes a picture under its name, as a whole.
func (p *picturing) keep(v video, picture []byte) error {
	file, err := p.campaign.made().Create(v.picture)
	if err != nil {
		return asRefused(err)
	}
	defer file.Discard()
	file.MadeOf(v.of)
	if _, err := file.Write(picture); err != nil {
		return err
	}
	written, err := file.Commit()
	if err == nil && written.Path != v.picture {
		return unwritable(fmt.Errorf("%s is open in another program; its new picture is %s", p.campaign.inFolder(v.picture), filepath.Base(written.Path)))
	}
	return asRefused(err)
}

// asRefused gives the error for a file that must stay its cause; any other is of the disk.
func asRefused(err error) error {
	if _, refused := errors.AsType[*inventory.RefusedError](err); refused {
		return unwritable(err)
	}
	return err
}
