package serve

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Ask asks the server that runs at this line's address on this machine whether it answers.
// A supervisor that finds no other program beside this one, as in a container, asks so.
func (l Line) Ask(ctx context.Context) error {
	host, port, err := net.SplitHostPort(cmp.Or(l.Listen, usualAddress))
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	at := net.JoinHostPort(host, port) + "/healthz"
	plain := ask(ctx, "http://"+at)
	if plain == nil || ask(ctx, "https://"+at) == nil {
		return nil
	}
	return plain
}

// ask asks one address. Whose certificate it shows does not matter: nothing is told that it
// could keep.
func ask(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return err
	}
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // G402: see above
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("no server answers: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 16))
	if err != nil || answer.StatusCode != http.StatusOK || string(body) != "ok\n" {
		return fmt.Errorf("what answers at %s is not in order: %s", address, answer.Status)
	}
	return nil
}
