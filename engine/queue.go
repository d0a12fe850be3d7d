package engine

import "slices"

// queue keeps the rows to send in the order of the sheet. Taking the first row does not
// move the others, so it takes the same time for ten rows and for a million.
type queue struct {
	rows []Ready
	head int // the place of the first row; those before it are gone
}

func newQueue(rows []Ready) queue { return queue{rows: slices.Clone(rows)} }

// Len is how many rows are left.
func (q *queue) Len() int { return len(q.rows) - q.head }

// find returns the place of the first row that fits, -1 when there is none.
func (q *queue) find(fits func(Ready) bool) int { return slices.IndexFunc(q.rows[q.head:], fits) }

func (q *queue) at(i int) Ready { return q.rows[q.head+i] }

// take removes the row at a place. Those before it, which wait for something,
// close the gap: they are few.
func (q *queue) take(i int) {
	waiting := q.rows[q.head : q.head+i+1]
	copy(waiting[1:], waiting)
	q.head++
}

// putBack makes a row the first again: it was tried already, so it comes before rows that
// were not.
func (q *queue) putBack(row Ready) {
	if q.head == 0 {
		q.rows = slices.Insert(q.rows, 0, row)
		return
	}
	q.head--
	q.rows[q.head] = row
}

// drop removes a row by its key, if it is there.
func (q *queue) drop(key string) {
	if i := q.find(func(row Ready) bool { return row.Key == key }); i >= 0 {
		q.take(i)
	}
}
