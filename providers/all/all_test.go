package all_test

import (
	"strings"
	"testing"

	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/all"
	"github.com/reelmerge/reelmerge/schema"
)

func TestEachServiceIsFoundByItsName(t *testing.T) {
	names := map[string]bool{}
	for _, s := range all.Services() {
		if names[s.Name] {
			t.Errorf("there are two services called %q", s.Name)
		}
		names[s.Name] = true
		if found, ok := all.Find(s.Name); !ok || found.Title != s.Title {
			t.Errorf("Find(%q) = %+v, %v", s.Name, found, ok)
		}
	}
	if len(names) == 0 {
		t.Error("there are no services")
	}
	for _, name := range []string{"", "nobody", "Colossyan"} {
		if found, ok := all.Find(name); ok {
			t.Errorf("Find(%q) = %+v", name, found)
		}
	}
}

func TestEachOperationIsWhole(t *testing.T) {
	for _, s := range all.Services() {
		for _, o := range s.Operations {
			if !strings.HasPrefix(o.Name, s.Name+"/") || o.Summary == "" {
				t.Errorf("%s: %+v", s.Name, o)
			}
			checker, err := s.NewChecker(o.Name, providers.Prices{})
			if err != nil {
				t.Errorf("%s: %v", o.Name, err)
				continue
			}
			if account := checker.Account(providers.Request{Operation: o.Name}); account.Provider != s.Name {
				t.Errorf("%s: account %+v", o.Name, account)
			}
			if o.Schema == nil {
				continue
			}
			if _, err := schema.Compile(schema.NameOf(o.Name), o.Schema); err != nil {
				t.Errorf("%s: %v", o.Name, err)
			}
		}
	}
}
