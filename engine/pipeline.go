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

// batch is a series of rows that goes to a worker, then to the gatherer, and back to the
// reader. The reader uses its memory again, so that memory does not grow with the sheet.
type batch struct {
	rows    []sources.Row
	answers []checked     // one per row
	ready   chan struct{} // tells that the answers are there
}

func newBatch(rows int) *batch {
	return &batch{rows: make([]sources.Row, 0, rows), answers: make([]checked, rows), ready: make(chan struct{}, 1)}
}

// pipe reads rows, has them checked by several workers, and yields the answers
// in the order of the sheet. Before the answers of a batch it shows them to ahead, all at
// once. An answer is valid until yield returns. Memory does not grow with the sheet.
func (p *Planner) pipe(ctx context.Context, ahead func([]checked), yield func(*checked) error) error {
	workers, atOnce := p.crowd()
	batches := 3 * workers
	free := make(chan *batch, batches)
	work := make(chan *batch, batches)
	order := make(chan *batch, batches) // the same batches as work, in the order of the sheet
	for range batches {
		free <- newBatch(atOnce)
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return p.feed(ctx, free, work, order) })
	for range workers {
		g.Go(func() error { return p.check(ctx, work) })
	}
	g.Go(func() error { return inOrder(ctx, order, free, ahead, yield) })
	return g.Wait()
}

// feed reads the sheet to its end and closes the channels it fills. They have
// room for all batches there are, so only the wait for a free one blocks.
func (p *Planner) feed(ctx context.Context, free <-chan *batch, work, order chan<- *batch) error {
	defer close(work)
	defer close(order)
	for {
		var b *batch
		select {
		case b = <-free:
		case <-ctx.Done():
			return ctx.Err()
		}
		err := p.read(b)
		if len(b.rows) > 0 {
			order <- b
			work <- b
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// read fills a batch. It returns the rows before an error as well, so that their problems
// are reported too.
func (p *Planner) read(b *batch) error {
	b.rows = b.rows[:0]
	for len(b.rows) < cap(b.rows) {
		row, err := p.Rows.Next()
		if err != nil {
			return err
		}
		b.rows = append(b.rows, row)
	}
	return nil
}

// check is one worker. It ends when feed has closed the channel of work, or when another
// goroutine of the group has failed.
func (p *Planner) check(ctx context.Context, work <-chan *batch) error {
	c := p.newChecker(ctx)
	for b := range work {
		for i, row := range b.rows {
			c.row(row, &b.answers[i])
		}
		b.ready <- struct{}{} // buffered: never blocks
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// inOrder waits for each batch in the order of the sheet, although workers finish them in
// any order. It hands a batch back only after its last answer was used.
func inOrder(ctx context.Context, order <-chan *batch, free chan<- *batch, ahead func([]checked), yield func(*checked) error) error {
	for b := range order {
		select {
		case <-b.ready:
		case <-ctx.Done():
			return ctx.Err()
		}
		ahead(b.answers[:len(b.rows)])
		for i := range b.rows {
			if err := yield(&b.answers[i]); err != nil {
				return err
			}
		}
		free <- b
	}
	return nil
}
