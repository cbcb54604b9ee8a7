package inputtransform

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestApplyPath(t *testing.T) {
	for _, c := range []struct{ path, want string }{
		{"$", strings.TrimSpace(ec2Event)},
		{"$.time", `"2015-11-11T21:29:54Z"`},
		{"$.detail-type", `"EC2 Instance State-change Notification"`},
		{"$.detail.n", "1.50"},
		{"$.detail.nil", "null"},
		{"$.resources[0]", `"arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"`},
		{"$.resources[1]", ""},
		{"$.resources[*]", `["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"]`},
		{"$.detail.tags[1].k", `"y"`},
		{"$.detail.tags[*].v", "[1]"},
		{"$.detail.tags.*.k", `["x","y"]`},
		{"$.detail.tags[0].*", `["x",1]`},
		{"$.detail.gone[*]", "[]"},
		{"$.detail.a/b", "7"},
		{"$.detail.sp ace", "8"},
		{"$.detail.escape", "9"},
		{"$.detail.twice", "2"},
		{"$.detail.gone", ""},
		{"$.detail.state.deeper", ""},
		{"$.detail[0]", ""},
		{"$.resources.name", ""},
		{"$.detail.tags[99999999999999999999]", "refused"},
		{"", "refused"},
		{"detail", "refused"},
		{"$detail", "refused"},
		{"$.", "refused"},
		{"$.a.", "refused"},
		{"$..a", "refused"},
		{"$.a['b']", "refused"},
		{`$["a"]`, "refused"},
		{"$.a[", "refused"},
		{"$.a[]", "refused"},
		{"$.a[-1]", "refused"},
		{"$.a[+1]", "refused"},
		{"$.a[1:2]", "refused"},
		{"$.a[?(@.b)]", "refused"},
		{"$.a*", "refused"},
		{"$.a[0]b", "refused"},
	} {
		got, found, err := ApplyPath(c.path, []byte(ec2Event))
		switch {
		case c.want == "refused":
			if !errors.Is(err, ErrPath) {
				t.Errorf("ApplyPath(%q) = %s, %v; want ErrPath", c.path, got, err)
			}
		case err != nil || found != (c.want != "") || string(got) != c.want:
			t.Errorf("ApplyPath(%q) = %s, %t, %v; want %s", c.path, got, found, err, c.want)
		}
	}
}

func TestBrokenDocument(t *testing.T) {
	for _, doc := range []string{"", " ", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a" 1}`, `{"a":1 "b":2}`, `{1:2}`, `"open`, `"\`, `{"a":1}}`, `{}x`, `,`, `]`} {
		if v, found, err := ApplyPath("$.a.b", []byte(doc)); err == nil {
			t.Errorf("ApplyPath in %q = %s, %t; want an error", doc, v, found)
		}
	}
}

// naiveFind does what Path.Find does, with encoding/json's trees.
func naiveFind(v any, steps []step) []any {
	if len(steps) == 0 {
		return []any{v}
	}
	var children []any
	switch v := v.(type) {
	case map[string]any:
		if child, ok := v[steps[0].name]; ok && steps[0].index == member {
			children = append(children, child)
		}
		if steps[0].index == all {
			for _, child := range v {
				children = append(children, child)
			}
		}
	case []any:
		for i, child := range v {
			if steps[0].index == i || steps[0].index == all {
				children = append(children, child)
			}
		}
	}
	var hits []any
	for _, child := range children {
		hits = append(hits, naiveFind(child, steps[1:])...)
	}
	return hits
}

// FuzzFind compares with the naive search, on valid documents, and looks for panics on all.
func FuzzFind(f *testing.F) {
	for _, path := range []string{"$", "$.detail.tags[*].k", "$.detail.tags[1]", "$.detail.escape", "$.detail.twice", "$.*", "$[0]"} {
		f.Add(path, ec2Event)
	}
	f.Add("$.a", `{"a":1,"\u0061":2}`)
	f.Add("$[0].a[*]", `[{"a":[1,{"b":"]"}]}]`)
	f.Fuzz(func(t *testing.T, path, doc string) {
		p, err := ParsePath(path)
		if err != nil {
			return
		}
		got, found, err := p.Find([]byte(doc))
		var tree any
		d := json.NewDecoder(strings.NewReader(doc))
		d.UseNumber()
		if !json.Valid([]byte(doc)) || d.Decode(&tree) != nil || strings.Contains(path, "*") || strings.ContainsRune(path+doc, '\ufffd') || !validUTF8(path+doc) {
			return // order of members is lost in trees
		}
		want := naiveFind(tree, p.steps)
		if err != nil || found != (len(want) > 0) {
			t.Fatalf("Find(%q) in %q = %s, %t, %v; want %v", path, doc, got, found, err, want)
		}
		if !found {
			return
		}
		a, errA := json.Marshal(want[0])
		var b bytes.Buffer
		d = json.NewDecoder(bytes.NewReader(got))
		d.UseNumber()
		var v any
		errB := d.Decode(&v)
		if e := json.NewEncoder(&b).Encode(v); errA != nil || errB != nil || e != nil || string(a)+"\n" != b.String() {
			t.Errorf("Find(%q) in %q = %s, want %s (%v, %v)", path, doc, got, a, errA, errB)
		}
	})
}

func validUTF8(s string) bool { return strings.ToValidUTF8(s, "") == s }

// FuzzTemplate checks that what compiles gives JSON or ErrOutput for JSON templates, and never panics.
func FuzzTemplate(f *testing.F) {
	for _, template := range []string{
		`"instance <a> is in <b>"`, `{"a":<a>,"b":"<b>","c":[<aws.events.event.json>]}`, "\"x\"\n\"<a>\"", `{"<a>":1}`, `{"\\<a>":"\"<b>"}`, `<a>`, `{"e":<aws.events.event>}`,
	} {
		f.Add(template, `{"a":"x","b":["y",{"c":null}]}`)
		f.Add(template, `{"a":"\"","b":"\\"}`)
	}
	f.Fuzz(func(t *testing.T, template, event string) {
		tr, err := Compile(map[string]string{"a": "$.a", "b": "$.b"}, template)
		if err != nil {
			return
		}
		out, err := tr.Apply([]byte(event), Vars{RuleName: "r", RuleARN: "<a>"})
		if err == nil && tr.json && json.Valid([]byte(event)) && !json.Valid(out) {
			t.Errorf("Apply(%q) to %q = %s, which is not JSON", template, event, out)
		}
	})
}

func BenchmarkApply(b *testing.B) {
	for _, c := range []struct{ name, template string }{
		{"text", `"instance <instance> is in <state>"`},
		{"json", `{"instance": <instance>, "status": "<instance> is in <state>", "rule": <aws.events.rule-name>}`},
		{"event", `{"event": <aws.events.event.json>}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			tr, err := Compile(map[string]string{"instance": "$.detail.instance-id", "state": "$.detail.state"}, c.template)
			if err != nil {
				b.Fatal(err)
			}
			event, vars := []byte(ec2Event), Vars{RuleName: "example", IngestionTime: time.Unix(0, 0)}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := tr.Apply(event, vars); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	p, err := ParsePath("$.detail.tags[1].k")
	if err != nil {
		b.Fatal(err)
	}
	event := []byte(ec2Event)
	b.ReportAllocs()
	for b.Loop() {
		if _, found, err := p.Find(event); !found || err != nil {
			b.Fatal(found, err)
		}
	}
}
