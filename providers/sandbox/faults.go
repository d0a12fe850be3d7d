package sandbox

import (
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// fault is the name of a fault.
type fault string

// The faults. Those before a job exists cost nothing. Those after it exists leave the
// caller without knowing.
const (
	acceptThenDrop fault = "accept-then-drop"
	acceptThen500  fault = "accept-then-500"
	acceptThen502  fault = "accept-then-502"
	truncated      fault = "truncated"
	dropped        fault = "drop"
	redirected     fault = "307"
	throttled      fault = "429"
	throttledBare  fault = "429-bare"
	broken         fault = "500"
	slow           fault = "slow"
	blip           fault = "404"
	jobFails       fault = "failed"
	longer         fault = "longer"
	uneven         fault = "uneven"
	webhookLost    fault = "webhook-lost"
	webhookTwice   fault = "webhook-twice"
	webhookEarly   fault = "webhook-early"
	webhookForged  fault = "webhook-forged"
	webhookStrange fault = "webhook-stranger"
	keyBusy        fault = "key-busy"
	keyIgnored     fault = "key-ignored"
)

// Fault describes a fault for a help text.
type Fault struct {
	Name  string // as ParseFaults reads it
	Means string // what goes wrong, in one sentence
}

// KnownFaults lists every fault that the sandbox can play.
func KnownFaults() []Fault {
	return []Fault{
		{string(acceptThenDrop), "a submit is accepted and charged, and the connection is lost before the answer"},
		{string(acceptThen500), "a submit is accepted and charged, and answered with 500"},
		{string(acceptThen502), "a submit is accepted and charged, and a gateway answers 502"},
		{string(truncated), "a submit is accepted and charged, and half of the answer's JSON is missing"},
		{string(dropped), "the connection is lost before anything happened"},
		{string(redirected), "a submit is answered with a redirect 307, and nothing is created"},
		{string(throttled), "a request is answered with 429 and Retry-After, and nothing happens"},
		{string(throttledBare), "a request is answered with 429 without Retry-After, and nothing happens"},
		{string(broken), "a request is answered with 500, and nothing happens"},
		{string(slow), "the answer takes as long as the option Slow says"},
		{string(blip), "a status call does not find a job that exists"},
		{string(jobFails), "the job is accepted, and fails"},
		{string(longer), "videos last longer than their texts: longer=30% makes each last 1.3 times as long, longer@3 the third twice as long"},
		{string(uneven), "the lengths of videos vary by chance: uneven=8% is by how much, as a standard deviation"},
		{string(webhookLost), "the webhook of a job never arrives"},
		{string(webhookTwice), "the webhook of a job arrives twice"},
		{string(webhookEarly), "the job is over, and its webhook arrives, before the submit is answered"},
		{string(webhookForged), "a stranger who guessed the address claims that the job failed"},
		{string(webhookStrange), "a webhook about an unknown job arrives as well"},
		{string(keyBusy), "a submit whose key was used before is told that the first one is still worked on"},
		{string(keyIgnored), "a submit whose key was used before makes another job, as if the service knew no keys"},
	}
}

// Faults is a parsed list of faults, with when each of them happens.
type Faults struct {
	rules map[fault]rule
}

// rule says when a fault happens: by chance, or at the nth submit. For lengths of videos
// the rate is the size of the change and not a chance.
type rule struct {
	rate float64
	at   []int
}

// ParseFaults reads a list such as "accept-then-drop=5%,429=10%,failed@3". A rate is a
// percentage or a number from 0 to 1, and name@N means the Nth submit. An unknown name is
// an error that lists the known ones.
func ParseFaults(text string) (Faults, error) {
	parsed := Faults{rules: map[fault]rule{}}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item == "" {
			continue
		}
		if err := parsed.add(item); err != nil {
			return Faults{}, fmt.Errorf("read fault %q: %w", item, err)
		}
	}
	return parsed, nil
}

// add reads one item of the list.
func (f Faults) add(item string) error {
	split := strings.IndexAny(item, "=@")
	if split < 0 {
		return fmt.Errorf("want name=5%% or name@3; known names: %s", strings.Join(faultNames(), ", "))
	}
	name, value := strings.TrimSpace(item[:split]), strings.TrimSpace(item[split+1:])
	if !slices.Contains(faultNames(), name) {
		return fmt.Errorf("unknown name; known names: %s", strings.Join(faultNames(), ", "))
	}
	if fault(name) == uneven && item[split] == '@' {
		return fmt.Errorf("want uneven=8%%: it is about all videos")
	}
	// An item may come twice, with a rate and with numbers. Both count.
	r := f.rules[fault(name)]
	if err := r.set(item[split], value); err != nil {
		return err
	}
	f.rules[fault(name)] = r
	return nil
}

// set reads a rate behind =, or the number of a submit behind @.
func (r *rule) set(separator byte, value string) error {
	if separator == '@' {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 {
			return fmt.Errorf("%q is not the number of a submit, counted from 1", value)
		}
		r.at = append(r.at, n)
		return nil
	}
	number, percent := strings.CutSuffix(value, "%")
	rate, err := strconv.ParseFloat(number, 64)
	if percent {
		rate /= 100
	}
	// NaN compares false with every limit, so it must be asked for by name.
	if err != nil || math.IsNaN(rate) || rate < 0 || rate > 1 {
		return fmt.Errorf("%q is not a rate from 0%% to 100%%", value)
	}
	r.rate = rate
	return nil
}

// faultNames returns the names of all faults in the order of the help text.
func faultNames() []string {
	var names []string
	for _, known := range KnownFaults() {
		names = append(names, known.Name)
	}
	return names
}

// String writes the list in the form that ParseFaults reads.
func (f Faults) String() string {
	var items []string
	for _, name := range faultNames() {
		r := f.rules[fault(name)]
		if r.rate > 0 {
			items = append(items, name+"="+strconv.FormatFloat(r.rate, 'f', -1, 64))
		}
		for _, n := range r.at {
			items = append(items, name+"@"+strconv.Itoa(n))
		}
	}
	return strings.Join(items, ",")
}

// dice decides about faults. The same seed, subject and attempt always give the same
// result, no matter what happens at the same time. A run can therefore be repeated. A new
// attempt has a new result, so that a row that failed once may succeed.
type dice struct {
	faults Faults
	seed   int64
}

// chance identifies a decision.
type chance struct {
	subject string // the content or path of the call
	try     int    // which attempt at it, from 1
	serial  int    // which submit of all, from 1; 0 when it is no submit
}

// first returns the first of the faults that happens, or none.
func (d dice) first(c chance, among ...fault) fault {
	for _, name := range among {
		if d.happens(c, name) {
			return name
		}
	}
	return ""
}

// happens reports whether a fault happens.
func (d dice) happens(c chance, name fault) bool {
	r, ok := d.faults.rules[name]
	if !ok {
		return false
	}
	if slices.Contains(r.at, c.serial) {
		return true
	}
	return r.rate > 0 && d.draw(c, name) < r.rate
}

// stretch returns how many times as long as expected a video lasts.
func (d dice) stretch(c chance) float64 {
	times := 1 + d.faults.rules[longer].rate
	if slices.Contains(d.faults.rules[longer].at, c.serial) {
		times *= 2
	}
	// Two draws make one normal deviation (Box and Muller). The lower bound keeps a length
	// positive.
	if spread := d.faults.rules[uneven].rate; spread > 0 {
		radius := math.Sqrt(-2 * math.Log(1-d.draw(c, uneven)))
		times *= max(0.1, 1+spread*radius*math.Cos(2*math.Pi*d.draw(c, longer)))
	}
	return times
}

// draw returns a number from 0 up to 1 that depends on its arguments alone.
func (d dice) draw(c chance, name fault) float64 {
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%d\x00%s\x00%s\x00%d", d.seed, name, c.subject, c.try)
	// FNV is uneven in its high bits. The last steps of SplitMix64 even it out.
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return float64((x^x>>31)>>11) / (1 << 53)
}
