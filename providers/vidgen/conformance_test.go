package vidgen_test

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
	"github.com/reelmerge/reelmerge/providers/providertest"
	"github.com/reelmerge/reelmerge/providers/sandbox"
	"github.com/reelmerge/reelmerge/providers/vidgen"
)

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

func write(t *testing.T, name, content string) string {
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

// requests returns requests whose sounds differ.
func requests(t *testing.T, callback string) func(int) providers.Request {
	image := write(t, "face.png", png)
	return func(n int) providers.Request {
		audio := write(t, fmt.Sprintf("%d.wav", n), wav(n))
		return providers.Request{
			Operation: vidgen.Job, Callback: callback,
			Body: json.RawMessage(fmt.Sprintf(`{"image":"face.png","audio":"%d.wav"}`, n)),
			Media: []providers.Media{
				{Part: "image", Path: image, Type: "image/png", SHA256: hash(png)},
				{Part: "audio", Path: audio, Type: "audio/wav", SHA256: hash(wav(n))},
			},
		}
	}
}

func perJob() providers.Prices {
	one := credit.Of(1)
	return providers.Prices{PerJob: &one}
}

func setup(t *testing.T, callback string, behaviour sandbox.VidgenBehaviour) providertest.Setup {
	behaviour.SubmitsPerMinute, behaviour.RequestsPerMinute = -1, -1
	s := providertest.Setup{
		Service: vidgen.Service(), Operation: vidgen.Job, Request: requests(t, callback), Prices: perJob(),
		Serve: providertest.Sandbox(vidgen.Name, sandbox.Behaviour{Vidgen: behaviour}),
	}
	for _, body := range []string{
		`{}`, `{"image":"a.png"}`, `{"image":1,"audio":"a.wav"}`, `{"image":"a.png","audio":" "}`,
		`{"image":"a.png","audio":"a.wav","webhookUrl":"https://hooks.example.com"}`,
		`{"image":"a.png","audio":"a.wav","script":"Hello"}`,
	} {
		s.Broken = append(s.Broken, providers.Request{Body: json.RawMessage(body)})
	}
	return s
}

func TestJobsConform(t *testing.T) {
	const hook = "https://hooks.example.com/reelmerge?team=1"
	for name, test := range map[string]struct {
		callback  string
		paths     map[string]string
		behaviour sandbox.VidgenBehaviour
	}{
		"without webhooks": {behaviour: sandbox.VidgenBehaviour{UpperCaseSignature: true}},
		"with webhooks":    {callback: hook},
		"other readings": {
			callback:  hook,
			paths:     map[string]string{"cancel": "POST /api/jobs/{id}/cancel", "list": "/api/jobs", "health": "/api/health"},
			behaviour: sandbox.VidgenBehaviour{CancelByPost: true, CreatedStatus: 200, OnePerUser: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := setup(t, test.callback, test.behaviour)
			s.Paths = test.paths
			providertest.Run(t, s)
		})
	}
}
