package reelmerge

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/reelmerge/reelmerge/campaign"
	"github.com/reelmerge/reelmerge/engine/learn"
	"github.com/reelmerge/reelmerge/internal/account"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// learntFile holds what the finished videos of an account taught about its voices, for the
// next campaign of the account.
const learntFile = "learnt.json"

// learntDocument is that file.
type learntDocument struct {
	Version int          `json:"version"`
	Voices  learn.Voices `json:"voices"`
}

// stateFolder is where a user's programs keep what outlives a campaign: REELMERGE_STATE,
// else the user's folder for settings. It is empty where the system has none.
func (c *Campaign) stateFolder() string {
	if folder := c.options.Getenv("REELMERGE_STATE"); folder != "" {
		return folder
	}
	folder, err := os.UserConfigDir()
	if err != nil {
		return ""
	}
	return filepath.Join(folder, "reelmerge")
}

// errRelativeState refuses a state folder that would be another one for each working folder.
var errRelativeState = errors.New("REELMERGE_STATE must be an absolute path")

// account is the account that pays for the campaign; nil where there is none, as for the
// simulator, or where its credentials are not known. It is opened to write, or only found.
func (c *Campaign) account(open func(state, address, credentials string) (*account.Account, error)) (*account.Account, error) {
	state := c.stateFolder()
	if c.IsTest() || state == "" {
		return nil, nil
	}
	if !filepath.IsAbs(state) {
		return nil, errRelativeState
	}
	address, credentials, known := c.accountCredentials()
	if !known {
		return nil, nil // a plan needs none
	}
	return open(state, address, credentials)
}

// accountCredentials are what an account is known by: an address, and a name or the
// credentials.
func (c *Campaign) accountCredentials() (address, credentials string, known bool) {
	config, err := c.access()
	if err != nil {
		return "", "", false
	}
	if name := c.file.Provider.Account; name != "" {
		return config.BaseURL, "named\x00" + name, true
	}
	return config.BaseURL, credentialsOf(config), true
}

// voices is what earlier campaigns of the account taught. That it cannot be read costs
// precision and no money, so it is a note.
func (c *Campaign) voices() learn.Voices {
	known, _ := c.learnt()
	return known
}

// learnt is what [Campaign.voices] returns, and the file that it is in.
func (c *Campaign) learnt() (learn.Voices, string) {
	var known learntDocument
	a, err := c.account(account.Find)
	if a == nil && err == nil {
		return nil, ""
	}
	if err == nil {
		err = a.Read(learntFile, &known)
	}
	if err != nil {
		c.note("note: what earlier campaigns of the account taught about voices is not used: %v", err)
		return nil, ""
	}
	return known.Voices, a.Path(learntFile)
}

// keepVoices keeps what the run's videos taught for the next campaign.
func (c *Campaign) keepVoices(lessons *learn.Lessons) {
	taught := lessons.Voices()
	if len(taught) == 0 {
		return
	}
	a, err := c.account(account.Open)
	if err == nil && a != nil {
		var known learntDocument
		err = a.Update(learntFile, &known, func() {
			if known.Version = 1; known.Voices == nil {
				known.Voices = learn.Voices{}
			}
			for name, v := range taught {
				known.Voices[name] = v
			}
		})
	}
	if err != nil {
		c.note("note: what the videos taught about voices is not kept for the next campaign: %v", err)
	}
}

// forgetVoices removes what was learnt, and returns the file that is gone; empty: there was
// none.
func (c *Campaign) forgetVoices() (string, error) {
	a, err := c.account(account.Find)
	if err != nil || a == nil {
		return "", err
	}
	gone, err := a.Remove(learntFile)
	if !gone {
		return "", err
	}
	return a.Path(learntFile), err
}

// learntSetting shows what earlier campaigns of the account taught.
func (c *Campaign) learntSetting() (s campaign.Setting, known bool) {
	voices, path := c.learnt()
	if len(voices) == 0 {
		return s, false
	}
	videos := 0
	for _, v := range voices {
		videos += v.Videos
	}
	return campaign.Setting{
		Field: "learnt", Value: fmt.Sprintf("%s, by %s", wording.Plural(len(voices), "voice"), wording.Plural(videos, "video")), From: path,
	}, true
}
