package eventpattern

import (
	"sort"
	"strings"
)

// A radix is a tree of strings that finds all that a value begins with, in time that depends on the value only. The zero value is empty.
type radix struct {
	label    string // what this node adds to its parent's string
	to       []*treeNode
	children []*radix // by the first byte of their labels
}

// insert adds target to the string s.
func (r *radix) insert(s string, target *treeNode) {
	for s != "" {
		i := r.search(s[0])
		if i == len(r.children) || r.children[i].label[0] != s[0] {
			r.children = append(r.children, nil)
			copy(r.children[i+1:], r.children[i:])
			r.children[i] = &radix{label: strings.Clone(s), to: []*treeNode{target}}
			return
		}
		child := r.children[i]
		n := commonPrefix(child.label, s)
		if n < len(child.label) {
			upper := &radix{label: child.label[:n], children: []*radix{child}}
			child.label = child.label[n:]
			r.children[i] = upper
			child = upper
		}
		r, s = child, s[n:]
	}
	r.to = append(r.to, target)
}

// search returns the place of the child whose label begins with b.
func (r *radix) search(b byte) int {
	if len(r.children) <= 8 {
		for i, c := range r.children {
			if c.label[0] >= b {
				return i
			}
		}
		return len(r.children)
	}
	return sort.Search(len(r.children), func(i int) bool { return r.children[i].label[0] >= b })
}

func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// prefixesOf appends the targets of all strings that v begins with.
func (r *radix) prefixesOf(v []byte, dst []*treeNode) []*treeNode {
	for {
		dst = append(dst, r.to...)
		if len(v) == 0 {
			return dst
		}
		i := r.search(v[0])
		if i == len(r.children) {
			return dst
		}
		r = r.children[i]
		if len(v) < len(r.label) || string(v[:len(r.label)]) != r.label {
			return dst
		}
		v = v[len(r.label):]
	}
}

// suffixesOf is prefixesOf from the end of v, for a tree of reversed strings.
func (r *radix) suffixesOf(v []byte, dst []*treeNode) []*treeNode {
	for {
		dst = append(dst, r.to...)
		if len(v) == 0 {
			return dst
		}
		i := r.search(v[len(v)-1])
		if i == len(r.children) {
			return dst
		}
		r = r.children[i]
		if len(v) < len(r.label) {
			return dst
		}
		for j := range len(r.label) {
			if v[len(v)-1-j] != r.label[j] {
				return dst
			}
		}
		v = v[:len(v)-len(r.label)]
	}
}

// reversed returns s with its bytes in reverse.
func reversed(s string) string {
	b := make([]byte, len(s))
	for i := range len(s) {
		b[len(s)-1-i] = s[i]
	}
	return string(b)
}
