package archtest

import (
	"bytes"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// maxLines is the most lines that a Go file may have unless it is generated.
const maxLines = 800

// vagueNames are package names that say nothing.
var vagueNames = []string{"util", "utils", "common", "helper", "helpers", "types", "models", "misc", "base", "shared"}

// rules are all checks, by name. Each returns one line a violation.
var rules = map[string]func(*tree) []string{
	"imports":   imports,
	"comments":  comments,
	"sizes":     sizes,
	"inits":     inits,
	"names":     names,
	"generated": generated,
	"machines":  machines,
	"mentions":  mentions,
}

// comments reports packages that do not have exactly one package comment. Only a package of nothing but tests has it in
// a test.
func comments(t *tree) []string {
	files := map[string][]file{} // product files by directory
	tests := map[string][]file{}
	for _, f := range t.files {
		if f.test {
			tests[f.dir] = append(tests[f.dir], f)
		} else {
			files[f.dir] = append(files[f.dir], f)
		}
	}
	for dir, of := range tests {
		if files[dir] == nil {
			files[dir] = of
		}
	}
	var found []string
	for dir, of := range files {
		var with []string
		for _, f := range of {
			if f.doc {
				with = append(with, path.Base(f.path))
			}
		}
		switch {
		case len(with) == 0:
			found = append(found, fmt.Sprintf("%s: package %s has no package comment", path.Join(dir, "."), of[0].name))
		case len(with) > 1:
			found = append(found, fmt.Sprintf("%s: package %s has package comments in %s; keep one", path.Join(dir, "."), of[0].name, strings.Join(with, ", ")))
		}
	}
	slices.Sort(found)
	return found
}

// sizes reports files that are too long.
func sizes(t *tree) []string {
	var found []string
	for _, f := range t.files {
		if n := bytes.Count(f.content, []byte("\n")); n > maxLines && !strings.HasSuffix(f.path, ".gen.go") {
			found = append(found, fmt.Sprintf("%s: %d lines, at most %d", f.path, n, maxLines))
		}
	}
	return found
}

// inits reports init functions: what runs must be readable in one place.
func inits(t *tree) []string {
	var found []string
	for _, f := range t.files {
		if f.hasInit {
			found = append(found, f.path+": has an init function")
		}
	}
	return found
}

// names reports packages whose name or directory says nothing.
func names(t *tree) []string {
	var found []string
	for _, f := range t.files {
		for _, name := range []string{f.name, path.Base(f.dir)} {
			if slices.Contains(vagueNames, name) {
				found = append(found, fmt.Sprintf("%s: package name %s says nothing", f.path, name))
				break
			}
		}
	}
	return found
}

// generated reports files whose name and first lines disagree about who wrote them.
func generated(t *tree) []string {
	var found []string
	for _, f := range t.files {
		switch byName := strings.HasSuffix(f.path, ".gen.go"); {
		case f.generated && !byName:
			found = append(found, f.path+": is generated but its name does not end in .gen.go")
		case !f.generated && byName:
			found = append(found, f.path+`: ends in .gen.go but has no line "Code generated … DO NOT EDIT."`)
		}
	}
	return found
}

// machineTrace matches what ties a file to one machine or one mirror: absolute paths of a checkout or a home directory,
// hosts of package registries, and where a lock file downloads from. It is put together so as not to match itself.
var machineTrace = regexp.MustCompile(strings.Join([]string{
	"(?:^|[\\s\"'`(=:])/(?:" + "root|work|farm" + ")/",
	`registry\.` + `(?:npmjs\.org|yarnpkg\.com)`,
	`(?:files\.)?python` + `hosted\.org`,
	`\bpypi` + `\.(?:org|python\.org)`,
	`\b(?:proxy|sum)\.go` + `lang\.org`,
	`"reso` + `lved": *"http`,
}, "|"))

// machines reports lines that name a path of one machine or the host of a registry.
func machines(t *tree) []string {
	var found []string
	for _, f := range t.texts {
		for n, line := range bytes.Split(f.content, []byte("\n")) {
			if hit := machineTrace.Find(line); hit != nil {
				found = append(found, fmt.Sprintf("%s:%d: names a machine or a registry: %s", f.path, n+1, bytes.TrimSpace(hit)))
			}
		}
	}
	return found
}

// mention matches where a page names a file of ours: a relative link, or a path in backquotes.
var mention = regexp.MustCompile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)|`((?:internal|cmd|test|tools|docs|changelog)/[A-Za-z0-9_./-]+)`")

// pattern matches mentions that stand for many files, such as internal/api/X.
var pattern = regexp.MustCompile(`/(?:X|SLUG|NNNN|NOUN)\b`)

// mentions reports pages that name files which are not there.
func mentions(t *tree) []string {
	there := map[string]bool{"": true, ".": true}
	for _, f := range t.texts {
		for p := f.path; !there[p]; p = path.Dir(p) {
			there[p] = true
		}
	}
	var found []string
	for _, f := range t.texts {
		if path.Ext(f.path) != ".md" {
			continue
		}
		for n, line := range strings.Split(string(f.content), "\n") {
			for _, m := range mention.FindAllStringSubmatch(line, -1) {
				target := m[2]
				if m[1] != "" {
					target = path.Join(path.Dir(f.path), m[1])
				}
				if !pattern.MatchString(target) && !there[strings.TrimSuffix(target, "/")] {
					found = append(found, fmt.Sprintf("%s:%d: names %s, which is not there", f.path, n+1, target))
				}
			}
		}
	}
	return found
}
