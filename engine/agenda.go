package engine

import (
	"container/heap"
	"time"
)

// appointment is an entry and when to ask for it.
type appointment struct {
	at  time.Time
	key string
}

// agenda keeps appointments in the order of their time. It is a heap, because a run may
// follow thousands of jobs and only ever needs the earliest appointment.
type agenda struct{ heap appointments }

func (a *agenda) add(at time.Time, key string) { heap.Push(&a.heap, appointment{at, key}) }

func (a *agenda) first() appointment { return a.heap[0] }

func (a *agenda) next() appointment { return heap.Pop(&a.heap).(appointment) }

// Len is how many appointments there are.
func (a *agenda) Len() int { return len(a.heap) }

// drop cancels an entry's appointment, if it has one. It searches all of them: that is
// rare, and an index would have to be kept with every move of the heap.
func (a *agenda) drop(key string) {
	for i := range a.heap {
		if a.heap[i].key == key {
			heap.Remove(&a.heap, i)
			return
		}
	}
}

// appointments implements [heap.Interface].
type appointments []appointment

// Len implements [heap.Interface].
func (h appointments) Len() int { return len(h) }

// Less implements [heap.Interface]: the earliest comes first.
func (h appointments) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

// Swap implements [heap.Interface].
func (h appointments) Swap(i, j int) { h[i], h[j] = h[j], h[i] }

// Push implements [heap.Interface].
func (h *appointments) Push(x any) { *h = append(*h, x.(appointment)) }

// Pop implements [heap.Interface].
func (h *appointments) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
