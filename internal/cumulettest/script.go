package cumulettest

import (
	"fmt"
	"strings"
)

// script is a file of steps:
//
//	# What the next step shows.
//	sqs SendMessage
//	{"QueueUrl": "q", "MessageBody": "hello"}
//	----
//	{"MD5OfMessageBody": "5d41402abc4b2a76b9719d911017c592", "MessageId": "<id 1>"}
//
// A step ends at the next blank line.
type script struct {
	steps []step
	tail  []string // comments after the last step
}

// step is a command and what it answered.
type step struct {
	line     int      // of the command, from 1
	comments []string // and blank lines before the command
	command  []string // its words
	params   string
	want     string
}

// separator stands between what is asked and what is answered.
const separator = "----"

func parseScript(text string) (*script, error) {
	s := &script{}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		if line == "" || line[0] == '#' {
			s.tail = append(s.tail, line)
			continue
		}
		st := step{line: i + 1, comments: s.tail, command: strings.Fields(line)}
		s.tail = nil
		var params, want []string
		for i++; i < len(lines) && lines[i] != separator; i++ {
			params = append(params, lines[i])
		}
		if i == len(lines) {
			return nil, fmt.Errorf("line %d: step without %s", st.line, separator)
		}
		for i++; i < len(lines) && strings.TrimSpace(lines[i]) != ""; i++ {
			want = append(want, lines[i])
		}
		i-- // the blank line belongs to what follows
		st.params, st.want = strings.Join(params, "\n"), strings.Join(want, "\n")
		s.steps = append(s.steps, st)
	}
	return s, nil
}

// String returns the script as a file.
func (s *script) String() string {
	var b strings.Builder
	for _, st := range s.steps {
		for _, c := range st.comments {
			b.WriteString(c + "\n")
		}
		for _, part := range []string{strings.Join(st.command, " "), st.params, separator, st.want} {
			if part != "" {
				b.WriteString(part + "\n")
			}
		}
	}
	for _, c := range s.tail {
		b.WriteString(c + "\n")
	}
	return b.String()
}
