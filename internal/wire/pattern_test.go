package wire

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// TestPatternsCompile compiles every pattern of every model: those that Go cannot express need a line in handWritten.
func TestPatternsCompile(t *testing.T) {
	files, err := filepath.Glob("../api/models/*.json")
	if err != nil || len(files) < 30 {
		t.Fatalf("models: %d files, %v", len(files), err)
	}
	patterns, used := 0, map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var model struct {
			Shapes map[string]struct{ Pattern string }
		}
		if err := json.Unmarshal(data, &model); err != nil {
			t.Fatal(err)
		}
		for name, s := range model.Shapes {
			if s.Pattern == "" {
				continue
			}
			patterns++
			used[s.Pattern] = true
			if _, err := compile(s.Pattern); err != nil {
				t.Errorf("%s %s: %v", filepath.Base(file), name, err)
			}
		}
	}
	for source := range handWritten {
		if !used[source] {
			t.Errorf("no model has %s any more", source)
		}
	}
	t.Logf("%d patterns", patterns)
}

func TestPatternMatch(t *testing.T) {
	tests := []struct {
		source, text string
		want         bool
	}{
		{`[a-z]+|[0-9]`, "abc", true},
		{`[a-z]+|[0-9]`, "abc1", false},
		{`[\p{Graph}\x20]*`, "two words", true},
		{`[\p{Graph}\x20]*`, "tab\t", false},
		{`\p{Print}+`, "é", false},
		{`[\u0020-\u00FF]*`, "é", true},
		{`[\u0020-\u00FF]*`, "€", false},
		{`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`, "😀\n", true},
		{`[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\r\n\t]*`, "\x01", false},
		{`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, "/a/b/", true},
		{`(\u002F)|(\u002F[\u0021-\u007E]+\u002F)`, "/a", false},
		{`[0-9A-Za-z\.\-_]*(?<!\.)`, "bucket.", false},
		{`[0-9A-Za-z\.\-_]*(?<!\.)`, "my.bucket", true},
		{`^(?!\s*$).+`, "  ", false},
		{`^(?!\s*$).+`, " a ", true},
		{`^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$`, "aws:tag", false},
		{`^(?!aws:)[\p{L}\p{Z}\p{N}_.:\/=+\-@%]*$`, "my aws:tag", true},
		{`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, "a-b-c", true},
		{`^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$`, "a--c", false},
		{`(?!^[0-9]+$)([a-zA-Z0-9-_]+)`, "123", false},
		{`(?!^[0-9]+$)([a-zA-Z0-9-_]+)`, "v123", true},
		{`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`, "system.users", false},
		{`(^(?!(system\x2e)))(^[_a-zA-Z0-9])([^$]*)`, "systems", true},
		{`^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$`, "aws.events", false},
		{`^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$`, "my.app", true},
		{`^(?=[/\.\-_A-Za-z0-9]+)((?!aws\.).*)|(\$(\.[\w_-]+(\[(\d+|\*)\])*)*)$`, "$.a[0].b", true},
		{`^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`, "2024", false},
		{`^(?=.*[a-zA-Z_\-\.])[a-zA-Z0-9_\-\.]+$`, "2024.1", true},
	}
	for _, test := range tests {
		p := Pattern{Source: test.source}
		if got := p.Match(test.text); got != test.want {
			t.Errorf("Match(%s, %q) = %t, want %t", test.source, test.text, got, test.want)
		}
	}
	var iso string
	for source := range handWritten {
		if len(source) > 200 {
			iso = source
		}
	}
	for text, want := range map[string]bool{
		"2024-05-06": true, "20240506": true, "2024-05-06T12:30:00Z": true, "2024-05-06T12:30:00.5Z": true, "2024": true, "2024-W10-2": true,
		"2024-0506": false, "2024-13-01": false, "today": false, "2024-05-06T12:3000": false,
	} {
		p := Pattern{Source: iso}
		if got := p.Match(text); got != want {
			t.Errorf("Match(StringDateTime, %q) = %t, want %t", text, got, want)
		}
	}
}
