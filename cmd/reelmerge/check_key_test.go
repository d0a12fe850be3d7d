package main

import (
	"path/filepath"
	"testing"
)

// TestTheKeyIsFoundAsItIsRead: a name that was copied from the sheet, or typed
// as it looks there, is that of the column.
func TestTheKeyIsFoundAsItIsRead(t *testing.T) {
	dir := written(t, map[string]string{
		"r.csv":  "\"Customer\u00a0\nID\",Na\u200bme\n1,Ada\n2,Bo\n",
		"t.json": `{"operation": "colossyan/template-job", "request": {"templateJobId": "id"}, "variables": {"name": {}}, "duration": {"base_seconds": 60}}`,
	})
	for _, key := range []string{"Customer ID", "Customer\u00a0\nID", "Customer  ID "} {
		code, out, said := command(t, "check", filepath.Join(dir, "r.csv"), "--template", filepath.Join(dir, "t.json"), "--key", key)
		if code != exitDone {
			t.Errorf("%q: exit %d\n%s%s", key, code, out, said)
		}
	}
}
