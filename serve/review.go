package serve

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/atomicfile"
)

// review is a link by which a person sees one campaign and changes nothing. The file of the
// campaign has its hash alone, so that who reads the file cannot use the link.
type review struct {
	Hash  string    `json:"hash"`
	Until time.Time `json:"until"`
}

// Limits of links.
const (
	reviewLasts = 7 * 24 * time.Hour
	mostReviews = 20
	reviewsFile = "reviews.json"
	mostHashes  = 1 << 16 // bytes of the file
)

// readReviews reads the links of a campaign that still hold.
func readReviews(c *reelmerge.Campaign, now time.Time) (list []review, _ error) {
	data, err := atomicfile.Read(filepath.Join(c.Folder(), reviewsFile), mostHashes)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &list)
	}
	if err != nil {
		return nil, fmt.Errorf("read review links: %w", err)
	}
	return slices.DeleteFunc(list, func(r review) bool { return !now.Before(r.Until) }), nil
}

func writeReviews(c *reelmerge.Campaign, list []review) error {
	data, err := json.Marshal(list)
	if err == nil {
		err = os.MkdirAll(c.Folder(), 0o700)
	}
	if err == nil {
		err = atomicfile.WriteFile(filepath.Join(c.Folder(), reviewsFile), data)
	}
	if err != nil {
		return fmt.Errorf("write review links: %w", err)
	}
	return nil
}

func hashOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// share makes a link for a person who may look at this campaign, for seven days.
func (s *Server) share(v *visit) error {
	now := time.Now()
	list, err := readReviews(v.campaign, now)
	if err != nil {
		return err
	}
	if len(list) >= mostReviews {
		return &reelmerge.Error{Cause: reelmerge.Usage, Err: errors.New("there are too many links"), Hint: "end them first"}
	}
	secret := rand.Text()
	until := now.Add(reviewLasts)
	if err := writeReviews(v.campaign, append(list, review{hashOf(secret), until.UTC().Round(time.Second)})); err != nil {
		return err
	}
	s.log.Info("review link made")
	return v.page("shared", v.frame("A link to look at this campaign", "home"), map[string]any{"Word": v.place.key() + "/" + secret, "Until": until})
}

// unshare ends every link of this campaign.
func (s *Server) unshare(v *visit) error {
	if err := writeReviews(v.campaign, []review{}); err != nil {
		return err
	}
	s.log.Info("review links ended")
	goTo(v.w, "./")
	return nil
}

// guest is who came by a review link.
type guest struct {
	place string // the only campaign that may be seen
	hash  string // of the link
}

// guestOf returns the guest whom a word lets in: GROUND/ID/SECRET.
func (s *Server) guestOf(ctx context.Context, word string, now time.Time) *guest {
	at := strings.LastIndex(word, "/")
	if at < 0 {
		return nil
	}
	g := &guest{place: word[:at], hash: hashOf(word[at+1:])}
	if !s.holds(ctx, g, now) {
		return nil
	}
	return g
}

// holds reports whether the link of a guest still holds.
func (s *Server) holds(ctx context.Context, g *guest, now time.Time) bool {
	ground, id, _ := strings.Cut(g.place, "/")
	p, found := s.shelf.find(id, ground == "s")
	if !found || p.key() != g.place {
		return false
	}
	c, err := s.shelf.open(ctx, p, answered(nil))
	if err != nil {
		return false
	}
	defer c.Close()
	list, err := readReviews(c, now)
	return err == nil && slices.ContainsFunc(list, func(r review) bool { return same(r.Hash, g.hash) })
}

// mayLook reports whether a guest may make a request: looking at the one campaign, and
// leaving.
func (g *guest) mayLook(r *http.Request) bool {
	if r.Method == http.MethodPost {
		return r.URL.Path == "/leave"
	}
	path := r.URL.Path
	return (r.Method == http.MethodGet || r.Method == http.MethodHead) &&
		(path == "/" || path == "/events" || strings.HasPrefix(path, "/"+g.place+"/"))
}

// receive handles the request of a guest.
func (s *Server) receive(w http.ResponseWriter, r *http.Request, g *guest, h http.Handler) {
	switch {
	case !s.holds(r.Context(), g, time.Now()):
		s.doors.leave(r)
		s.door(w, r, http.StatusUnauthorized, "The link has ended. Ask for another one.")
	case !g.mayLook(r):
		s.log.Warn("refused to a guest", slog.String("route", r.Pattern))
		s.fail(w, r, http.StatusForbidden, errors.New("this link is for looking at one campaign"), "ask who gave you the link to do it")
	case r.URL.Path == "/":
		goTo(w, g.place+"/")
	default:
		h.ServeHTTP(w, r)
	}
}
