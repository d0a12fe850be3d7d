package vidgen

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/internal/rest"
	"github.com/reelmerge/reelmerge/providers/internal/upload"
)

// Checker knows the rules and prices of the operation. It reads only the files that a
// request names, and is safe for concurrent use.
type Checker struct {
	prices providers.Prices
	files  upload.Library
}

// NewChecker returns the checker of the operation.
func NewChecker(operation string, p providers.Prices) (*Checker, error) {
	if operation != Job {
		return nil, fmt.Errorf("check %q: vidgen has no such operation", operation)
	}
	if p.Unit == "" {
		p.Unit = unitJobs
	}
	return &Checker{prices: p}, nil
}

// Traits describes the behaviour of the operation. One job at a time is the service's own
// limit (VID-L1), and decides how much a night can do (VID-L2).
func (c *Checker) Traits() providers.Traits {
	return providers.Traits{
		Submits:      []providers.Window{{Count: 30, Per: time.Minute}},
		Requests:     providers.Window{Count: 600, Per: time.Minute},
		Active:       1,
		HardActive:   true,
		FirstPoll:    10 * time.Second,
		MaxPoll:      30 * time.Second,
		Typical:      195 * time.Second, // the sample job of the documentation
		Deadline:     2 * time.Hour,
		FindComplete: true,
		Settle:       30 * time.Second,
		Echoes:       true,
		CancelMeans: "vidgen stops a job only while it waits for its turn; one that is being worked on goes on. " +
			"Whether a cancelled job costs anything is not documented.",
		Look:      "the list of your vidgen jobs",
		GuessCost: "the same video a second time, paid twice if vidgen charges by the job, and your customer may get it twice",
		Links:     providers.Links{Page: providers.PageAlways},
	}
}

// Check reports every rule that the request breaks. [Checker.Attach] checks its files.
func (c *Checker) Check(r providers.Request) problem.List {
	fields, err := rest.Object(r.Body)
	if err != nil {
		return rest.ObjectProblem(`write {"image": "…", "audio": "…"}`)
	}
	problems := webhookProblems(r.Callback)
	for _, part := range parts() {
		if strings.TrimSpace(rest.Text(fields, part)) == "" {
			problems = append(problems, problem.Problem{
				Code: "TPL-REQUEST", Place: problem.Place{Pointer: "/" + part}, Message: fmt.Sprintf("%s names no file", part),
				Hint: "write the path of a file, relative to the campaign file, or an https address",
			})
		}
	}
	return append(problems, strangers(fields)...)
}

// strangers reports fields that the service does not have.
func strangers(fields map[string]json.RawMessage) (problems problem.List) {
	for name := range fields {
		switch {
		case slices.Contains(parts(), name):
		case name == "webhookUrl":
			problems = append(problems, problem.Problem{
				Code: "VID-B3", Place: problem.Place{Pointer: "/webhookUrl"}, Message: "the webhook's address is set by reelmerge: it names the row",
				Hint: "take webhookUrl out of the template and set webhook.url in the campaign",
			})
		default:
			problems = append(problems, problem.Problem{
				Code: "TPL-REQUEST", Place: problem.Place{Pointer: "/" + pointerEscape(name)}, Message: fmt.Sprintf("vidgen has no field %q; it takes a picture and a sound", name),
				Hint: "take it out of the template",
			})
		}
	}
	// Maps have no order. Two checks of a template must print the same list.
	slices.SortFunc(problems, func(a, b problem.Problem) int { return strings.Compare(a.Pointer, b.Pointer) })
	return problems
}

// pointerEscape writes a name as a part of a JSON pointer.
func pointerEscape(name string) string {
	return strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

// webhookProblems checks VID-B3.
func webhookProblems(address string) problem.List {
	if address == "" {
		return nil
	}
	p := problem.Problem{Code: "VID-B3", Hint: "set webhook.url to an https address that vidgen can reach"}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Scheme != "https" || u.Host == "":
		p.Message = "the webhook's address is no https address"
	case private(u.Hostname()):
		p.Severity = problem.Warning
		p.Message = "the webhook's address is one of a private network, where vidgen cannot reach it"
	default:
		return nil
	}
	return problem.List{p}
}

// private reports whether the service cannot reach a host.
func private(host string) bool {
	if ip := net.ParseIP(host); ip != nil {
		return ip.IsLoopback() || ip.IsPrivate() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
	}
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || strings.HasSuffix(host, ".local") || !strings.Contains(host, ".")
}
