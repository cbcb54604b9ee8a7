package archtest

import (
	"fmt"
	"slices"
	"strings"
)

// layers lists the groups of packages. A package imports only from groups to the right of its own (here: below), and
// from its own family: the packages below the same entry. An entry covers all directories below it.
var layers = [][]string{
	{"cmd"},
	{""}, // the root package, cumulet
	{"internal/gateway", "internal/mqtt", "internal/console"},
	{"internal/service"},
	{"internal/delivery", "internal/sandbox", "internal/resource"},
	{"internal/auth"},
	{"internal/engine"},
	{"internal/api"},
	{"internal/wire"},
	{"internal/kv", "internal/blob", "internal/telemetry"},
	leaves,
}

// leaves import only the standard library.
var leaves = []string{"internal/call", "internal/arn", "internal/id", "internal/clock", "internal/invariant"}

// free reports whether a package may import anything, because no product code may import it: what lies in these folders,
// and packages that help tests, whose names end in test.
func free(dir string) bool {
	top, _, _ := strings.Cut(dir, "/")
	return slices.Contains([]string{"test", "tools", "examples"}, top) || strings.HasSuffix(dir, "test")
}

// place is where a directory stands in layers.
type place struct {
	layer  int
	family string
}

// find returns the place of dir. The root package is the only one whose entry does not cover what is below it.
func find(dir string) (place, bool) {
	for n, group := range layers {
		for _, entry := range group {
			if dir == entry || entry != "" && strings.HasPrefix(dir, entry+"/") {
				return place{n, entry}, true
			}
		}
	}
	return place{}, false
}

// service returns the directory of the service package that dir belongs to, or "".
func service(dir string) string {
	rest, ok := strings.CutPrefix(dir, "internal/service/")
	if !ok {
		return ""
	}
	name, _, _ := strings.Cut(rest, "/")
	return "internal/service/" + name
}

// imports reports imports that run against the direction, in files that are not tests.
func imports(t *tree) []string {
	var found []string
	for _, f := range t.files {
		if f.test || free(f.dir) {
			continue
		}
		from, ok := find(f.dir)
		if !ok {
			found = append(found, fmt.Sprintf("%s: package %s is in no group of CONVENTIONS §2; see internal/archtest/imports.go", f.path, f.dir))
			continue
		}
		for _, imported := range f.imports {
			if why := forbidden(f.dir, from, imported); why != "" {
				found = append(found, fmt.Sprintf("%s: imports %s: %s", f.path, imported, why))
			}
		}
	}
	return found
}

// forbidden says why a package in dir may not import imported, or returns "".
func forbidden(dir string, from place, imported string) string {
	rest, ours := strings.CutPrefix(imported, module)
	if !ours {
		first, _, _ := strings.Cut(imported, "/")
		if slices.Contains(leaves, from.family) && strings.Contains(first, ".") {
			return "a leaf imports only the standard library"
		}
		return ""
	}
	to := strings.TrimPrefix(rest, "/")
	if free(to) {
		return "only tests may"
	}
	target, ok := find(to)
	switch {
	case !ok:
		return "it is in no group of CONVENTIONS §2"
	case service(to) != "" && service(to) == service(dir):
		return ""
	case service(to) != "" && service(dir) != "":
		return "services never import each other; use delivery or the generated client"
	case service(to) != "" && dir != "":
		return "only the root package imports services"
	case from.family == "internal/engine" && (target.family == "internal/kv" || target.family == "internal/clock"):
		return "engines are pure: no store, no clock"
	case target.family == from.family:
		return ""
	case target.layer <= from.layer:
		return "it stands to the left of, or beside, the importing package"
	}
	return ""
}
