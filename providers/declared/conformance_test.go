package declared_test

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/providers"
	"github.com/reelmerge/reelmerge/providers/declared"
	"github.com/reelmerge/reelmerge/providers/providertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
)

// service makes a service of a description.
func service(t testing.TB, d *declared.Description, settings map[string]string) providers.Service {
	t.Helper()
	s, err := d.Service(settings)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

// wav is a second of silence, of which the nth is a little longer.
func wav(n int) string {
	size := uint32(8000 + 2*n)
	head := []byte("RIFF....WAVEfmt ................data....")
	binary.LittleEndian.PutUint32(head[4:], size+36)
	binary.LittleEndian.PutUint32(head[16:], 16)
	binary.LittleEndian.PutUint16(head[20:], 1)
	binary.LittleEndian.PutUint16(head[22:], 1)
	binary.LittleEndian.PutUint32(head[24:], 8000)
	binary.LittleEndian.PutUint32(head[28:], 8000)
	binary.LittleEndian.PutUint16(head[32:], 1)
	data := append(head[:34:34], 8, 0)
	data = append(data, "data"...)
	data = binary.LittleEndian.AppendUint32(data, size)
	return string(append(data, make([]byte, size)...))
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func hash(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// heads returns requests of the service of talking heads, whose sounds differ.
func heads(t testing.TB, callback string) func(int) providers.Request {
	image := write(t, "face.png", png)
	return func(n int) providers.Request {
		audio := write(t, fmt.Sprintf("%d.wav", n), wav(n))
		return providers.Request{
			Operation: "talking-head/job", Callback: callback,
			Body: json.RawMessage(fmt.Sprintf(`{"image":"face.png","audio":"%d.wav"}`, n)),
			Media: []providers.Media{
				{Part: "image", Path: image, Type: "image/png", SHA256: hash(png)},
				{Part: "audio", Path: audio, Type: "audio/wav", SHA256: hash(wav(n))},
			},
		}
	}
}

// bodies are requests of these bodies.
func bodies(texts ...string) (list []providers.Request) {
	for _, s := range texts {
		list = append(list, providers.Request{Body: json.RawMessage(s)})
	}
	return list
}

// TestVidgenAsDataConforms holds a description of vidgen to the suite that its Go client
// passes, against the simulator that was written for that client. With webhooks, the list
// names our rows; without, nothing of ours is in it, and nothing is adopted.
func TestVidgenAsDataConforms(t *testing.T) {
	const hook = "https://hooks.example.com/reelmerge?team=1"
	one := credit.Of(1)
	for name, behaviour := range map[string]sandbox.VidgenBehaviour{
		"as documented":  {},
		"other readings": {CreatedStatus: 200, UpperCaseSignature: true, OnePerUser: true},
	} {
		t.Run(name, func(t *testing.T) {
			behaviour.SubmitsPerMinute, behaviour.RequestsPerMinute = -1, -1
			providertest.Run(t, providertest.Setup{
				Service: service(t, load(t, "talking-head"), nil), Operation: "talking-head/job",
				Request: heads(t, hook), Prices: providers.Prices{PerJob: &one},
				Broken: bodies(`{}`, `{"image":"a.png"}`, `{"image":1,"audio":"a.wav"}`, `{"image":"a.png","audio":" "}`,
					`{"image":"a.png","audio":"a.wav","webhookUrl":"https://hooks.example.com"}`, `{"image":"a.png","audio":"a.wav","script":"Hello"}`),
				Serve: providertest.Sandbox(sandbox.Vidgen, sandbox.Behaviour{Vidgen: behaviour}),
			})
		})
	}
}
