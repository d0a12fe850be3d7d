package main

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/reelmerge/reelmerge"
	"github.com/reelmerge/reelmerge/internal/display"
	"github.com/reelmerge/reelmerge/internal/tty"
	"github.com/reelmerge/reelmerge/internal/wording"
)

// watchStatus shows a run of another process, until the run ends or the person leaves. On
// a terminal it is the run's own display; elsewhere a line now and then, or with --json a
// document for each change.
func (a *app) watchStatus(ctx context.Context, c *reelmerge.Campaign) error {
	v := onlooker{app: a, canvas: a.newCanvas(a.screen.out)}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		doc, err := c.Status(ctx, false)
		if err != nil || !doc.Running || ctx.Err() != nil {
			v.leave()
			break
		}
		if err := v.show(doc, time.Now()); err != nil {
			return err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	ctx = context.WithoutCancel(ctx) // Ctrl-C ends the display, and the last status is still shown
	if a.json {
		return v.end(ctx, c)
	}
	return a.status(ctx, c)
}

// end ends the documents of `status --watch --json`, one to a line.
func (v *onlooker) end(ctx context.Context, c *reelmerge.Campaign) error {
	doc, err := c.Status(ctx, false)
	if err != nil {
		return err
	}
	return json.NewEncoder(v.app.out).Encode(doc)
}

// onlooker shows status documents as they come.
type onlooker struct {
	app    *app
	canvas *tty.Canvas // nil where there is no live display
	told   display.Heartbeat
	last   reelmerge.Status
}

func (v *onlooker) show(doc reelmerge.Status, now time.Time) error {
	switch {
	case v.app.json:
		if reflect.DeepEqual(doc, v.last) {
			return nil
		}
		v.last = doc
		return json.NewEncoder(v.app.out).Encode(doc)
	case doc.Progress == nil: // it has only just begun
	case v.canvas != nil:
		v.canvas.Draw(display.Screen{Status: doc, Look: v.canvas.Look, Now: now, Onlooking: true}.Draw)
	case v.told.Due(doc, now):
		fmt.Fprintln(v.app.out, wording.Clean(display.HeartbeatLine(doc, now)))
	}
	return nil
}

// leave removes the display.
func (v *onlooker) leave() {
	if v.canvas != nil {
		v.canvas.Clear()
	}
}
