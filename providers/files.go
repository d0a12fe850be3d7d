package providers

import (
	"io/fs"
	"strings"
)

// WithFiles returns operations with what lies in the folder of their service: for
// "acme/video" the schema of its request in video.schema.json, and its starter template
// in video.template.json. An operation may do without either.
func WithFiles(folder fs.FS, operations ...Operation) []Operation {
	for i := range operations {
		o := &operations[i]
		_, name, _ := strings.Cut(o.Name, "/")
		o.Schema, o.Starter = read(folder, name+".schema.json"), read(folder, name+".template.json")
	}
	return operations
}

// read returns a file of a folder, nil when there is none.
func read(folder fs.FS, name string) []byte {
	data, err := fs.ReadFile(folder, name)
	if err != nil {
		return nil // the folder is embedded, so it is not there
	}
	return data
}
