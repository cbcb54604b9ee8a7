// Command apigen writes internal/api from the models in internal/api/models.
//
// A folder of internal/api that has a file operations.txt gets the shapes, errors and the Handler interface of the
// operations that it lists, one a line; internal/api/catalog gets the facts of all services and operations, and
// docs/coverage.gen.md says which of them work.
//
//	go run ./cmd/apigen [-api internal/api] [-docs docs]
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	api := flag.String("api", "internal/api", "folder that holds models/ and the generated packages")
	docs := flag.String("docs", "docs", "folder that gets coverage.gen.md")
	flag.Parse()
	if err := run(*api, *docs); err != nil {
		fmt.Fprintln(os.Stderr, "apigen:", err)
		os.Exit(1)
	}
}

// packages maps the model's file to the package, named as in aws-sdk-go-v2.
var packages = map[string]string{
	"cognito-idp":   "cognitoidentityprovider",
	"events":        "eventbridge",
	"iot-data":      "iotdataplane",
	"logs":          "cloudwatchlogs",
	"stepfunctions": "sfn",
}

func run(api, docs string) error {
	files, err := filepath.Glob(filepath.Join(api, "models", "*.json"))
	if err != nil {
		return err
	}
	slices.Sort(files)
	var models []*model
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		if name == "SOURCE" {
			continue
		}
		m, err := load(file, filepath.Join(api, "models", "overlay", name+".json"))
		if err != nil {
			return err
		}
		m.pkg = name
		if p, ok := packages[name]; ok {
			m.pkg = p
		}
		models = append(models, m)
	}
	slices.SortFunc(models, func(a, b *model) int { return strings.Compare(a.pkg, b.pkg) })

	for _, m := range models {
		dir := filepath.Join(api, m.pkg)
		ops, err := operations(filepath.Join(dir, "operations.txt"))
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		g, err := newGenerator(m, ops)
		if err != nil {
			return fmt.Errorf("%s: %w", m.pkg, err)
		}
		for _, file := range []string{"service", "shapes", "schemas", "errors"} {
			if err := write(filepath.Join(dir, file+".gen.go"), g.file(file)); err != nil {
				return err
			}
		}
	}
	if err := write(filepath.Join(api, "catalog", "catalog.gen.go"), catalog(models)); err != nil {
		return err
	}
	page, err := coverage(models, api, filepath.Join(api, "..", "service"))
	if err != nil {
		return err
	}
	return replace(filepath.Join(docs, "coverage.gen.md"), []byte(page))
}

// operations reads the names that a file lists, one a line; # begins a comment.
func operations(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	names := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		if line = strings.TrimSpace(line); line != "" {
			names[line] = true
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// write formats source and writes it to file.
func write(file, source string) error {
	out, err := format.Source([]byte(source))
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return replace(file, out)
}

// replace writes out to file, unless that is what the file holds already.
func replace(file string, out []byte) error {
	if old, err := os.ReadFile(file); err == nil && bytes.Equal(old, out) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, out, 0o644)
}
