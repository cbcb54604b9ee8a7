package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// module is the path that our own imports begin with.
const module = "github.com/cumulet/cumulet"

// ignoredDirs hold what is built or installed, never what is committed.
var ignoredDirs = []string{".git", ".cache", ".venv", "bin", "node_modules", "__pycache__"}

// tree is a source tree in memory.
type tree struct {
	texts []text
	files []file
}

// text is any text file.
type text struct {
	path    string // slash-separated, relative to the root
	content []byte
}

// file is a Go file outside testdata.
type file struct {
	text

	dir       string // directory, "" for the root
	name      string // of the package, without _test
	test      bool   // ends in _test.go
	generated bool   // carries the comment that generators write
	doc       bool   // has a package comment
	hasInit   bool
	imports   []string // import paths
}

// read reads all text files below root, and parses the Go files among them.
func read(root fs.FS) (*tree, error) {
	t := &tree{}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains(ignoredDirs, d.Name()):
			return fs.SkipDir
		case !d.Type().IsRegular():
			return nil
		}
		content, err := fs.ReadFile(root, p)
		if err != nil {
			return err
		}
		if bytes.IndexByte(content[:min(len(content), 8000)], 0) >= 0 {
			return nil // not text
		}
		t.texts = append(t.texts, text{p, content})
		if path.Ext(p) != ".go" || slices.Contains(strings.Split(p, "/"), "testdata") {
			return nil
		}
		f, err := parse(p, content)
		if err != nil {
			return err
		}
		t.files = append(t.files, f)
		return nil
	})
	return t, err
}

func parse(p string, content []byte) (file, error) {
	syntax, err := parser.ParseFile(token.NewFileSet(), p, content, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return file{}, err
	}
	dir := path.Dir(p)
	if dir == "." {
		dir = ""
	}
	f := file{
		text:      text{p, content},
		dir:       dir,
		name:      strings.TrimSuffix(syntax.Name.Name, "_test"),
		test:      strings.HasSuffix(p, "_test.go"),
		generated: ast.IsGenerated(syntax),
		doc:       syntax.Doc.Text() != "",
	}
	for _, d := range syntax.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
			f.hasInit = true
		}
	}
	for _, i := range syntax.Imports {
		imported, err := strconv.Unquote(i.Path.Value)
		if err != nil {
			return file{}, err
		}
		f.imports = append(f.imports, imported)
	}
	return f, nil
}
