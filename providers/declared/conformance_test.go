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
	"time"

	"github.com/reelmerge/reelmerge/credit"
	"github.com/reelmerge/reelmerge/job"
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

// acme returns requests of Acme, whose titles differ.
func acme(n int) providers.Request {
	return providers.Request{
		Operation: "acme/clip", Callback: "https://hooks.example.com/reelmerge",
		Body: json.RawMessage(fmt.Sprintf(`{"title":"Hello %d","seconds":8,"fields":{"name":"Ada %d","city":"Ulm"}}`, n, n)),
	}
}

// TestADescribedServiceConforms holds a client that runs from a description to the suite,
// against a simulator that runs from the same description by a reader of its own.
func TestADescribedServiceConforms(t *testing.T) {
	d := load(t, "acme")
	providertest.Run(t, providertest.Setup{
		Service: service(t, d, nil), Operation: "acme/clip", Request: acme, Length: lasting(8),
		Broken: bodies(`{}`, `{"title":"Hello"}`, `{"title":"Hello","seconds":61}`, `{"title":"A title that has more letters than Acme wants","seconds":8}`),
		Serve:  providertest.Described("acme", d.Text()),
	})
}

// TestTheServicesConform holds the descriptions of ten services to the suite.
func TestTheServicesConform(t *testing.T) {
	one := credit.Of(1)
	for name, test := range map[string]struct {
		operation string
		body      string
		settings  map[string]string
		broken    []providers.Request
		seconds   int
	}{
		"heygen":     {"template", `{"template_id":"t1","title":"Hello %d","variables":{"name":"Ada"}}`, nil, bodies(`{}`, `{"template_id":"t","fps":24}`), 0},
		"creatomate": {"template", `{"template_id":"t1","modifications":{"Name.text":"Ada %d"}}`, nil, bodies(`{}`), 0},
		"shotstack":  {"edit", `{"timeline":{},"output":{},"merge":{"name":"Ada %d"}}`, map[string]string{"stage": "v1"}, bodies(`{"timeline":{}}`), 10},
		"synthesia":  {"template", `{"templateId":"t1","templateData":{"name":"Ada %d"}}`, nil, bodies(`{}`), 0},
		"fal":        {"queue", `{"model":"fal-ai/veo3","prompt":"Hello %d"}`, nil, bodies(`{}`, `{"model":"../x"}`), 0},
		"json2video": {"movie", `{"template":"t1","variables":{"name":"Ada %d"}}`, nil, bodies(`{"template":""}`), 0},
		"plainly":    {"render", `{"projectId":"p1","parameters":{"name":"Ada %d"}}`, nil, bodies(`{}`), 0},
		"d-id":       {"clip", `{"presenter_id":"amy","script":{"type":"text","input":"Hello %d"}}`, nil, bodies(`{"presenter_id":"amy"}`), 0},
		"runway":     {"text-to-video", `{"model":"veo3.1","promptText":"Hello %d","duration":8}`, nil, bodies(`{"model":"veo3.1"}`), 8},
		"nexrender":  {"job", `{"template":{"src":"a.aep","composition":"main"},"row":"%d"}`, map[string]string{"results": "https://cdn.example.com/{job}.mp4"}, bodies(`{}`), 0},
	} {
		t.Run(name, func(t *testing.T) {
			d := load(t, name)
			providertest.Run(t, providertest.Setup{
				Service: service(t, d, test.settings), Operation: name + "/" + test.operation, Length: lasting(test.seconds),
				Prices: providers.Prices{PerJob: &one},
				Request: func(n int) providers.Request {
					return providers.Request{Callback: "https://hooks.example.com/reelmerge", Reference: fmt.Sprintf("row-%d", n), Body: json.RawMessage(fmt.Sprintf(test.body, n))}
				},
				InProgress: name == "heygen", Registered: name == "synthesia", Broken: test.broken, Serve: providertest.Described(name, d.Text()),
			})
		})
	}
}

func lasting(seconds int) job.Length {
	s := time.Duration(seconds) * time.Second
	return job.Length{Low: s, Likely: s, High: s}
}
