package templates_test

import (
	"slices"
	"testing"
)

func TestFeedingFindsTheVariablesAtAPlace(t *testing.T) {
	template := compile(t, `{
		"operation": "some/thing",
		"request": {"list": ["{b}", "{a}", {"deep": "{a} and {c}"}], "area": "{area}", "fixed": 1, "listed": "{d}"},
		"variables": {"a": {}, "b": {}, "c": {}, "d": {}, "area": {"type": "object"}}
	}`).Template()
	for pointer, want := range map[string][]string{
		"":              nil,
		"/list":         {"b", "a", "c"},
		"/list/0":       {"b"},
		"/list/2":       {"a", "c"},
		"/list/2/deep":  {"a", "c"},
		"/listed":       {"d"},
		"/area":         {"area"},
		"/area/width":   {"area"},
		"/fixed":        nil,
		"/missing":      nil,
		"/list/2/other": nil,
	} {
		var got []string
		for _, i := range template.Feeding(pointer) {
			got = append(got, template.Variables[i].Name)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q is fed by %v, want %v", pointer, got, want)
		}
	}
}

func TestFeedingOfATemplateJobIsByName(t *testing.T) {
	template := compile(t, `{"operation":"colossyan/template-job","request":{"templateJobId":"id"},"variables":{"name":{},"city":{}}}`).Template()
	if got := template.Feeding("/dynamicVariables/city"); !slices.Equal(got, []int{1}) {
		t.Errorf("city is fed by %v", got)
	}
	if got := template.Feeding("/templateJobId"); got != nil {
		t.Errorf("the id is fed by %v", got)
	}
}
