package sandbox_test

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// A paid call whose answer is lost is in the bank all the same.
func ExampleSandbox_Bank() {
	s, err := sandbox.New(sandbox.Options{Faults: "accept-then-drop@1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = s.Close() }()

	submit, err := http.NewRequest(http.MethodPost,
		s.BaseURL(sandbox.Colossyan, "http://sandbox")+"/video-generation-jobs/template-jobs",
		strings.NewReader(`{"templateJobId":"t","dynamicVariables":{"name":"Ada"},"callbackPayload":{"reference":"row 147"}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	submit.Header.Set("Authorization", "Bearer any")
	client := http.Client{Transport: s.Transport()}
	if _, err := client.Do(submit); err != nil { //nolint:bodyclose // there is no answer
		fmt.Println("the answer is lost")
	}

	lines, err := s.Bank()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, line := range lines {
		fmt.Println(line.Operation, line.Reference, line.State)
	}
	// Output:
	// the answer is lost
	// colossyan/template-job row 147 open
}
