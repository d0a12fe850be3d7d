package providertest_test

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
	"github.com/reelmerge/reelmerge/problem"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/providertest"
)

// mutant is a client with something wrong with it.
type mutant struct {
	plainClient
	submit func(context.Context, providers.Request) (providers.Receipt, error)
	poll   func(context.Context, string, job.Ticket) (providers.Progress, error)
	find   func(context.Context, providers.Lost) ([]job.Ticket, error)
}

func (m mutant) Submit(ctx context.Context, r providers.Request) (providers.Receipt, error) {
	if m.submit != nil {
		return m.submit(ctx, r)
	}
	return m.plainClient.Submit(ctx, r)
}

func (m mutant) Poll(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
	if m.poll != nil {
		return m.poll(ctx, operation, t)
	}
	return m.plainClient.Poll(ctx, operation, t)
}

func (m mutant) Find(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
	if m.find != nil {
		return m.find(ctx, l)
	}
	return m.plainClient.Find(ctx, l)
}

// clientMutants are the mistakes that cost money, secrets or rows.
func clientMutants() map[string]func(*mutant) {
	return map[string]func(*mutant){
		"sends again": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				receipt, err := m.plainClient.Submit(ctx, r)
				if err != nil && !providers.KindOf(err).NothingCreated() {
					return m.plainClient.Submit(ctx, r)
				}
				return receipt, err
			}
		},
		"sends when its time is over": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				return m.plainClient.Submit(providers.Guarded(ctx, func() error { return nil }), r)
			}
		},
		"is sure of a failure": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				receipt, err := m.plainClient.Submit(ctx, r)
				if err != nil {
					err = &providers.Error{Kind: providers.Invalid, Call: "submit"}
				}
				return receipt, err
			}
		},
		"is sure of nothing": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				receipt, err := m.plainClient.Submit(ctx, r)
				if err != nil {
					err = &providers.Error{Kind: providers.Unknown, Call: "submit"}
				}
				return receipt, err
			}
		},
		"invents a ticket": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				receipt, err := m.plainClient.Submit(ctx, r)
				if providers.KindOf(err) == providers.Contract {
					return providers.Receipt{Ticket: job.Ticket{Job: "?"}}, nil
				}
				return receipt, err
			}
		},
		"shows the token": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				receipt, err := m.plainClient.Submit(ctx, r)
				var e *providers.Error
				if errors.As(err, &e) {
					e.Message += " with key providertest-canary-token"
				}
				return receipt, err
			}
		},
		"has errors of its own": func(m *mutant) {
			m.submit = func(ctx context.Context, r providers.Request) (providers.Receipt, error) {
				receipt, err := m.plainClient.Submit(ctx, r)
				if err != nil {
					err = errors.New("it failed")
				}
				return receipt, err
			}
		},
		"takes trouble for news": func(m *mutant) {
			m.poll = func(ctx context.Context, operation string, t job.Ticket) (providers.Progress, error) {
				p, err := m.plainClient.Poll(ctx, operation, t)
				if err != nil {
					return providers.Progress{Outcome: providers.Failed}, nil
				}
				return p, nil
			}
		},
		"hides a search that failed": func(m *mutant) {
			m.find = func(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
				found, _ := m.plainClient.Find(ctx, l)
				return found, nil
			}
		},
		"proves without a witness": func(m *mutant) {
			m.find = func(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
				l.Known = nil
				return m.plainClient.Find(ctx, l)
			}
		},
		"finds what others hold": func(m *mutant) {
			m.find = func(ctx context.Context, l providers.Lost) ([]job.Ticket, error) {
				l.Taken = func(string) bool { return false }
				l.Request.Reference = "providertest-row-1"
				return m.plainClient.Find(ctx, l)
			}
		},
	}
}

// checkerMutant is a checker with something wrong with it.
type checkerMutant struct {
	plainChecker
	blind, free bool
}

func (m checkerMutant) Check(r providers.Request) problem.List {
	if m.blind {
		return nil
	}
	return m.plainChecker.Check(r)
}

func (m checkerMutant) Charge(quoted credit.Estimate, p providers.Progress) credit.Charge {
	charge := m.plainChecker.Charge(quoted, p)
	if m.free {
		charge.Amount = 0
	}
	return charge
}

func checkerMutants() map[string]checkerMutant {
	return map[string]checkerMutant{"sees no problem": {blind: true}, "charges nothing": {free: true}}
}

const mutantVariable = "PROVIDERTEST_MUTANT"

// TestMutant runs the suite over one mutant; it is meant to fail, so it runs
// only when TestTheSuiteCatchesEveryMutant asks for it.
func TestMutant(t *testing.T) {
	name := os.Getenv(mutantVariable)
	if name == "" {
		t.Skip("runs in a process of its own")
	}
	setup := plainSetup()
	if spoil, ok := clientMutants()[name]; ok {
		good := setup.Service.New
		setup.Service.New = func(c providers.Config) (providers.Provider, error) {
			client, err := good(c)
			if err != nil {
				return nil, err
			}
			m := &mutant{plainClient: client.(plainClient)}
			spoil(m)
			return m, nil
		}
	}
	if checker, ok := checkerMutants()[name]; ok {
		setup.Service.NewChecker = func(operation string, _ providers.Prices) (providers.Checker, error) {
			if operation != plainOperation {
				return nil, errors.New("no such operation")
			}
			return checker, nil
		}
	}
	providertest.Run(t, setup)
}

func TestTheSuiteCatchesEveryMutant(t *testing.T) {
	names := []string{}
	for name := range clientMutants() {
		names = append(names, name)
	}
	for name := range checkerMutants() {
		names = append(names, name)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMutant$")
			child.Env = append(os.Environ(), mutantVariable+"="+name)
			out, err := child.CombinedOutput()
			var exit *exec.ExitError
			if !errors.As(err, &exit) {
				t.Errorf("the suite is green for a client that %s: %v\n%s", name, err, out)
			}
		})
	}
}
