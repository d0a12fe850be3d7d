package engine

import (
	"context"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"

	"github.com/reelmerge/reelmerge/sources"
)

// batchRows is how many rows a worker takes at a time: enough that handing them
// over costs nothing beside checking them.
const batchRows = 256

// batch is a run of rows on its way through the workers.
type batch struct {
	rows []sources.Row
	out  chan []checked // one answer, in the order of rows
}

// pipe reads rows, has them checked by several workers, and yields the answers
// in the order of the sheet. Memory does not grow with the sheet.
func (p *Planner) pipe(ctx context.Context, yield func(checked) error) error {
	workers, atOnce := p.crowd()
	work, order := make(chan batch, workers), make(chan batch, 2*workers)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.feed(ctx, atOnce, work, order) })
	for range workers {
		g.Go(func() error { return p.check(ctx, work) })
	}
	g.Go(func() error { return inOrder(ctx, order, yield) })
	return g.Wait()
}

// feed reads the sheet to its end and closes both channels.
func (p *Planner) feed(ctx context.Context, atOnce int, work, order chan<- batch) error {
	defer close(work)
	defer close(order)
	for {
		rows, err := p.read(atOnce)
		if len(rows) > 0 {
			b := batch{rows: rows, out: make(chan []checked, 1)}
			if !hand(ctx, order, b) || !hand(ctx, work, b) {
				return ctx.Err()
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func hand[T any](ctx context.Context, to chan<- T, v T) bool {
	select {
	case to <- v:
		return true
	case <-ctx.Done():
		return false
	}
}

func (p *Planner) read(most int) ([]sources.Row, error) {
	rows := make([]sources.Row, 0, most)
	for len(rows) < most {
		row, err := p.Rows.Next()
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// check is one worker; it ends when there is no more work.
func (p *Planner) check(ctx context.Context, work <-chan batch) error {
	c := p.newChecker(ctx)
	for b := range work {
		out := make([]checked, len(b.rows))
		for i, row := range b.rows {
			out[i] = c.row(row)
		}
		b.out <- out // buffered: never blocks
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

func inOrder(ctx context.Context, order <-chan batch, yield func(checked) error) error {
	for b := range order {
		select {
		case rows := <-b.out:
			for _, row := range rows {
				if err := yield(row); err != nil {
					return err
				}
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
