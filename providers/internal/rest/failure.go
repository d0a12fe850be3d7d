package rest

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/reelmerge/reelmerge/providers"
)

// notFromTheService is said of web pages.
const notFromTheService = "the answer is not the service's own: a proxy, a firewall or the login page of a network may stand in between"

// failure is the error for a call that got no answer, or not all of it.
func (c *Client) failure(call Call, kind providers.Kind, err error) *providers.Error {
	return &providers.Error{Kind: kind, Call: call.Name, Err: cause{c.redactor.clean(err.Error(), call.Private), err}}
}

// cause is a reason whose text is safe to show. The error behind it can be tested with
// [errors.Is], but its text cannot be reached.
type cause struct {
	text string
	err  error
}

// Error returns the redacted text.
func (c cause) Error() string { return c.text }

// Is reports whether the reason is target.
func (c cause) Is(target error) bool { return errors.Is(c.err, target) }

// beforeConnection reports whether an error can only come up before there is a
// connection for the request.
func beforeConnection(err error) bool {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op == "dial" || op.Op == "proxyconnect"
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &dns) || errors.As(err, &certificate)
}

// refusal is the error for an answer that is not a 2xx.
func (c *Client) refusal(call Call, answer Answer, now time.Time) *providers.Error {
	e := &providers.Error{
		Kind: kindOf(answer.Status), Call: call.Name, Status: answer.Status, Rate: answer.Rate,
		Message: c.redactor.clean(words(answer.Body), call.Private),
	}
	switch {
	case isPage(answer):
		e.Message = notFromTheService
		if !call.Paid && aboutTheJob(e.Kind) {
			e.Kind = providers.Contract // a strange page must not make a job look gone
		}
	case answer.Status/100 == 3:
		e.Message = "the service redirects elsewhere, which is not followed: is base_url right?"
	case e.Message == "":
		e.Message = http.StatusText(answer.Status)
	}
	if e.Kind == providers.Throttled || e.Kind == providers.Transient {
		e.After, e.Daily = comeAgain(answer, now)
	}
	return e
}

// kindOf classifies an answer by its status alone; services refine it.
//
// For a paid call a 4xx means that nothing was created, except for those by which a proxy
// gives up waiting for the service. A 3xx was not followed, so the request may have done
// its work at the other address.
func kindOf(status int) providers.Kind {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusProxyAuthRequired:
		return providers.Auth
	case http.StatusPaymentRequired:
		return providers.Funds
	case http.StatusNotFound, http.StatusGone:
		return providers.NotFound
	case http.StatusConflict, http.StatusLocked:
		return providers.Conflict
	case http.StatusTooManyRequests:
		return providers.Throttled
	case http.StatusRequestTimeout, http.StatusTooEarly, 499:
		return providers.Unknown
	}
	switch status / 100 {
	case 4:
		return providers.Invalid
	case 5:
		return providers.Transient
	}
	return providers.Contract
}

// aboutTheJob reports whether a kind is a statement of the service about the job.
func aboutTheJob(k providers.Kind) bool {
	switch k {
	case providers.Invalid, providers.Auth, providers.Funds, providers.NotFound, providers.Conflict:
		return true
	case providers.Unknown, providers.NotSent, providers.Busy, providers.Throttled, providers.Transient, providers.Contract:
		return false
	}
	return false
}

// Invalid is the error for a call that is not made, because the service would
// refuse it.
func Invalid(call, format string, a ...any) *providers.Error {
	return &providers.Error{Kind: providers.Invalid, Call: call, Message: fmt.Sprintf(format, a...)}
}
