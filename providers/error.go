package providers

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Kind says what a failed call means for the engine. Decisions are made on the
// kind alone, never on a text or a status code.
type Kind uint8

// The kinds of failed calls.
const (
	Unknown   Kind = iota // it may have happened: the answer was lost
	NotSent               // not a byte of the request left
	Invalid               // the request itself is refused; only this row is concerned
	Auth                  // the credentials are refused
	Funds                 // the account cannot pay
	Busy                  // not now: too many jobs at a time; nothing was created
	Throttled             // not so fast; nothing was created
	Conflict              // the job is not in a state for that
	NotFound              // there is no such job, or it is not ours
	Transient             // the service is in trouble; a submit may have happened
	Contract              // the answer is not understood; a submit may have happened
)

// kindNames are the words of logs and JSON, in the order of the constants.
func kindNames() [11]string {
	return [...]string{"unknown", "not-sent", "invalid", "auth", "funds", "busy", "throttled", "conflict", "not-found", "transient", "contract"}
}

// String returns the word of logs and JSON.
func (k Kind) String() string {
	if names := kindNames(); int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// NothingCreated reports whether a submit that failed like this is certain to
// have created nothing, and so cost nothing.
func (k Kind) NothingCreated() bool {
	switch k {
	case NotSent, Invalid, Auth, Funds, Busy, Throttled, Conflict, NotFound:
		return true
	case Unknown, Transient, Contract:
		return false
	}
	return false
}

// Error is a call that failed. Its text never holds a token, a query string or
// the values of a row.
type Error struct {
	Kind    Kind
	Call    string        // "submit", "poll", …
	Status  int           // HTTP status, 0 when there was no answer
	Message string        // the service's own words, redacted and bounded
	After   time.Duration // when the service asks to come again; 0 when it does not say
	Daily   bool          // a daily limit, not a short one
	Rate    RateHint      // what is left of the allowance, when the answer says
	Key     KeyAnswer     // of a submit: what the answer says about its key
	Rivals  []int         // of a search's Conflict: which of [Lost.Others] the job could belong to as well
	Err     error
}

// KeyAnswer is what the answer to a submit says about the key that went along. A refusal
// that says nothing about it tells nothing about an earlier send under the same key.
type KeyAnswer uint8

// What a service can say about a key.
const (
	KeyUnmentioned KeyAnswer = iota
	KeyReplayed              // this is the answer to the first send, repeated
	KeyInProgress            // the first send is still being worked on
	KeyChanged               // the key was used before, with another body
)

// Error says what failed and why.
func (e *Error) Error() string {
	text := e.Call
	if e.Status != 0 {
		text += fmt.Sprintf(": status %d", e.Status)
	}
	switch {
	case e.Message != "":
		text += ": " + e.Message
	case e.Err != nil:
		text += ": " + e.Err.Error()
	}
	return text
}

// Answer is the error as people read it: without the name of the call.
func (e *Error) Answer() string {
	text := strings.TrimPrefix(e.Error(), e.Call+": ")
	if answer, ok := strings.CutPrefix(text, "status "); ok {
		return "error " + answer
	}
	return text
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of an error; anything that is not an [*Error] is
// Unknown.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Unknown
}
