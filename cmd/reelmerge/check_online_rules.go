package main

import (
	"context"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// inform asks the account for what the rules of its service depend on, such as the
// models of a deployment, and holds the rows to that from here on.
func (a *app) inform(ctx context.Context, s *setup) error {
	if _, ok := s.checker.(providers.Informer); !ok {
		return nil
	}
	c, err := a.openCatalogue(s, time.Minute)
	if err != nil {
		return err
	}
	defer c.close()
	for _, kind := range c.lister.Kinds() {
		list, err := c.list(ctx, kind)
		if err != nil {
			return err
		}
		if informer, ok := s.checker.(providers.Informer); ok {
			s.checker = informer.WithAssets(kind, list.Assets)
		}
	}
	return nil
}
