package inputtransform

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

// recordedEvent is the event that AWS's recorded answers imply, with $detail for the detail.
const recordedEvent = `{"version": "0", "id": "<uuid:2>", "detail-type": "core.update-account-command", "source": "core.update-account-command",
	"account": "111111111111", "time": "date", "region": "<region>", "resources": [], "detail": $detail}`

const (
	accountDetail = `{"command": "update-account", "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"}}`
	listDetail    = `{"command": "update-account", "payload": {"acc_id": "0a787ecb-4015", "sf_id": "baz"},
		"severity": ["HIGH"], "status": ["ACTIVE", "INACTIVE"]}`
)

// TestRecordedAnswers compares with everything that AWS delivered, and checks that what AWS did not deliver fails here.
func TestRecordedAnswers(t *testing.T) {
	var cases []struct {
		Case   string
		Params struct {
			Detail   json.RawMessage `json:"event_detail"`
			Template string          `json:"input_template"`
		}
		Snapshot map[string][]struct{ Body any }
	}
	data, err := os.ReadFile("testdata/event_input_transformers.json")
	if err == nil {
		err = json.Unmarshal(data, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for _, c := range cases {
		detail := listDetail
		if strings.Contains(c.Case, "predefined") {
			detail = accountDetail
		}
		if c.Params.Detail != nil {
			detail = string(c.Params.Detail)
		}
		event := strings.Replace(recordedEvent, "$detail", detail, 1)
		if c.Snapshot == nil {
			if out, err := applyRecorded(t, c.Params.Template, event); err == nil {
				t.Errorf("%s: Apply = %s, want an error", c.Case, out)
			}
			compared++
			continue
		}
		for key, messages := range c.Snapshot {
			event := event
			if key == "custom-variables-not-match-all" {
				event = strings.Replace(event, `"command"`, `"other"`, 1)
			}
			out, err := applyRecorded(t, c.Params.Template, event)
			if err != nil {
				t.Errorf("%s: %v", c.Case, err)
				continue
			}
			compareBody(t, c.Case, out, messages[0].Body)
			compared++
		}
	}
	if len(cases) != 14 || compared != 16 {
		t.Errorf("read %d cases and compared %d answers, want 14 and 16", len(cases), compared)
	}
}

func applyRecorded(t *testing.T, template, event string) ([]byte, error) {
	t.Helper()
	if template == "" { // the case of an InputPath
		out, found, err := ApplyPath("$.detail.payload", []byte(event))
		if !found {
			t.Error("the path finds nothing")
		}
		return out, err
	}
	tr, err := Compile(map[string]string{
		"detail-type": "$.detail-type", "timestamp": "$.time", "command": "$.detail.command",
		"userId": "$.detail.payload.acc_id", "payload": "$.detail.payload",
		"systemstring": "$.detail.systemstring", "listsingle": "$.detail.severity", "listmulti": "$.detail.status",
	}, template)
	if err != nil {
		t.Fatalf("Compile(%s): %v", template, err)
	}
	return tr.Apply([]byte(event), Vars{RuleARN: "arn:<partition>:events:<region>:111111111111:rule/<bus-name>/<rule-name>", RuleName: "<rule-name>"})
}

// compareBody compares as the records' README says: an object with the parsed body, a string with the body itself. Masked
// times are equal to any.
func compareBody(t *testing.T, name string, out []byte, want any) {
	t.Helper()
	got := any(strings.ReplaceAll(string(out), "0001-01-01T00:00:00Z", "date"))
	if want, ok := want.(map[string]any); ok {
		if err := json.Unmarshal(out, &got); err != nil {
			t.Errorf("%s: %v in %s", name, err, out)
			return
		}
		if o, ok := want["originalEvent"].(map[string]any); ok {
			o["time"] = "date"
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %v\nwant %v", name, got, want)
	}
}

// ec2Event is the example of AWS's user guide.
const ec2Event = `{
	"version": "0", "id": "7bf73129-1428-4cd3-a780-95db273d1602", "detail-type": "EC2 Instance State-change Notification",
	"source": "aws.ec2", "account": "123456789012", "time": "2015-11-11T21:29:54Z", "region": "us-east-1",
	"resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],
	"detail": {"instance-id": "i-0123456789", "state": "RUNNING", "n": 1.50, "yes": true, "nil": null, "empty": [], "say": "a \"b\"\n\u00e9", "back": "C:\\new",
		"tags": [{"k": "x", "v": 1}, {"k": "y"}], "a/b": 7, "sp ace": 8, "esc\u0061pe": 9, "twice": 1, "twice": 2 }
}`

func TestApply(t *testing.T) {
	paths := map[string]string{
		"timestamp": "$.time", "instance": "$.detail.instance-id", "state": "$.detail.state", "n": "$.detail.n", "yes": "$.detail.yes", "nil": "$.detail.nil",
		"empty": "$.detail.empty", "say": "$.detail.say", "back": "$.detail.back", "tags": "$.detail.tags", "keys": "$.detail.tags[*].k", "gone": "$.detail.gone", "resources": "$.resources",
	}
	vars := Vars{RuleARN: "arn:aws:events:us-east-2:123456789012:rule/example", RuleName: "example", IngestionTime: time.Date(2015, 11, 11, 22, 30, 0, 5, time.FixedZone("", 3600))}
	const without = `{"id":"7bf73129-1428-4cd3-a780-95db273d1602","account":"123456789012","detailType":"EC2 Instance State-change Notification",` +
		`"time":"2015-11-11T21:29:54Z","source":"aws.ec2","region":"us-east-1","resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],"version":"0"}`
	for _, c := range []struct{ template, want string }{
		// The user guide's table.
		{`"instance <instance> is in <state>"`, `"instance i-0123456789 is in RUNNING"`},
		{`"instance \"<instance>\" is in <state>"`, `"instance \"i-0123456789\" is in RUNNING"`},
		{"{\n  \"instance\" : <instance>,\n  \"state\": <state>\n}", `{"instance":"i-0123456789","state":"RUNNING"}`},
		{`{"instance" : <instance>, "state": "<state>", "instanceStatus": "instance \"<instance>\" is in <state>"}`, `{"instance":"i-0123456789","state":"RUNNING","instanceStatus":"instance \"i-0123456789\" is in RUNNING"}`},
		{`{"instance" : <instance>, "state": [ 9, <state>, true ], "Transformed" : "Yes"}`, `{"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"}`},
		{`{"ruleArn" : <aws.events.rule-arn>, "ruleName" : <aws.events.rule-name>, "originalEvent" : <aws.events.event>}`, `{"ruleArn":"arn:aws:events:us-east-2:123456789012:rule/example","ruleName":"example","originalEvent":` + without + `}`},
		{`"<aws.events.rule-name> triggered"`, `"example triggered"`},
		{`{"timestamp" : <timestamp>, "message": "instance \"<instance>\" is in <state>"}`, `{"timestamp":"2015-11-11T21:29:54Z","message":"instance \"i-0123456789\" is in RUNNING"}`},
		// Kinds of values, bare and in strings.
		{`{"a":<n>,"b":<yes>,"c":<nil>,"d":<empty>,"e":<tags>,"f":<keys>,"g":<gone>}`, `{"a":1.50,"b":true,"c":null,"d":[],"e":[{"k":"x","v":1},{"k":"y"}],"f":["x","y"],"g":""}`},
		{`{"a":"<n>|<yes>|<nil>|<empty>|<gone>|"}`, `{"a":"1.50|true|null|[]||"}`},
		{`"<n>|<yes>|<nil>|<tags>|<keys>|<gone>|<say>"`, "\"1.50|true|null|[{k:x,v:1},{k:y}]|[x,y]||a \"b\"\n\u00e9\""},
		{`{"a":<say>}`, `{"a":"a \"b\"\n\u00e9"}`},
		{`{"a":"<back>"}`, `{"a":"C:\new"}`}, // unescaped, as documented: the target reads a line feed
		// What only looks like a placeholder.
		{`"a < b, <>, <a b>, </state>, <state"`, `"a < b, <>, <a b>, </state>, <state"`},
		{`"<<state>>"`, `"<RUNNING>"`},
		{`{"b\\": "\\", "c": "\"<state>"}`, `{"b\\":"\\","c":"\"RUNNING"}`},
		// Other forms.
		{"\"first <state>\"\n\"second <instance>\"", "\"first RUNNING\"\n\"second i-0123456789\""},
		{`[<state>, <tags>]`, `["RUNNING", [{"k":"x","v":1},{"k":"y"}]]`},
		{` {"t": "<aws.events.event.ingestion-time>"} `, `{"t":"2015-11-11T21:30:00Z"}`},
		{`"constant"`, `"constant"`},
		{`{}`, `{}`},
	} {
		tr, err := Compile(paths, c.template)
		if err != nil {
			t.Errorf("Compile(%s): %v", c.template, err)
			continue
		}
		out, err := tr.Apply([]byte(ec2Event), vars)
		if err != nil || string(out) != c.want {
			t.Errorf("Apply(%s) = %s, %v; want %s", c.template, out, err, c.want)
		}
	}
	for _, template := range []string{`{"a":"<say>"}`, `{"a":"<tags>"}`, `{"a":"<keys>"}`, `{"a":"<aws.events.event.json>"}`} {
		tr, err := Compile(paths, template)
		if err != nil {
			t.Fatal(err)
		}
		if out, err := tr.Apply([]byte(ec2Event), vars); !errors.Is(err, ErrOutput) {
			t.Errorf("Apply(%s) = %s, %v; want ErrOutput", template, out, err)
		}
	}
	tr, err := Compile(paths, `{"a":<state>}`)
	if err != nil {
		t.Fatal(err)
	}
	if out, err := tr.Apply([]byte(`{"detail":`), vars); err == nil {
		t.Errorf("Apply to a broken event = %s, want an error", out)
	}
}

// TestWholeEvent checks both forms of the event for one with members that AWS does not send today, and for an empty one.
func TestWholeEvent(t *testing.T) {
	tr, err := Compile(nil, `{"e":<aws.events.event>,"j":<aws.events.event.json>}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ event, want string }{
		{`{"detail":{"a":1},"replay-name":"r","version":"0", "x":[ 1 ]}`, `{"e":{"version":"0","replay-name":"r","x":[1]},"j":{"detail":{"a":1},"replay-name":"r","version":"0","x":[1]}}`},
		{`{"x": 1}`, `{"e":{"x":1},"j":{"x":1}}`},
		{`{}`, `{"e":{},"j":{}}`},
	} {
		if out, err := tr.Apply([]byte(c.event), Vars{}); err != nil || string(out) != c.want {
			t.Errorf("Apply to %s = %s, %v; want %s", c.event, out, err, c.want)
		}
	}
}

func TestRefused(t *testing.T) {
	paths := map[string]string{"a": "$.a"}
	long := map[string]string{}
	for i := range 101 {
		long[strings.Repeat("x", i+1)] = "$"
	}
	for _, c := range []struct {
		paths          map[string]string
		template, want string
	}{
		{paths, `"Event of <a> type, with not defined key <notdefinedkey>"`, "InputTemplate for target t1 contains invalid placeholder notdefinedkey."}, // recorded
		{paths, `{"a":<b>}`, "InputTemplate for target t1 contains invalid placeholder b."},
		{paths, `{"a":<aws.events.nothing>}`, "InputTemplate for target t1 contains invalid placeholder aws.events.nothing."},
		{paths, `[<aws.events.event.json>]`, "InputTemplate for target t1 contains placeholder aws.events.event.json valid only for JSON template."},
		{paths, `"<aws.events.event.json>"`, "InputTemplate for target t1 contains placeholder aws.events.event.json valid only for JSON template."},
		{map[string]string{"a": "detail"}, `"<a>"`, "InputPath for target t1 is invalid."},
		{map[string]string{"a": "$.detail['a']"}, `"x"`, "InputPath for target t1 is invalid."},
		{map[string]string{"aws.events.rule-name": "$"}, `"x"`, "InputPathsMap for target t1 contains invalid key aws.events.rule-name."},
		{map[string]string{"": "$"}, `"x"`, "InputPathsMap for target t1 contains invalid key ."},
		{long, `"x"`, "InputPathsMap for target t1 has more than 100 entries."},
		{paths, `event of <a>`, `Invalid InputTemplate for target t1 : [Source: (String)"event of <a>"; line: 1, column: 1].`},
		{paths, "{\"a\":\n <a> 1}", "Invalid InputTemplate for target t1 : [Source: (String)\"{\"a\":\n <a> 1}\"; line: 2, column: 7]."},
	} {
		_, err := Compile(c.paths, c.template)
		var e *Error
		if !errors.As(err, &e) || e.Message("t1") != c.want || e.Error() == "" {
			t.Errorf("Compile(%s): %v, want %s", c.template, err, c.want)
		}
	}
	for _, template := range []string{
		"", " ", `"open`, `{"a":<a>`, `{<a>:1}`, `{"<a>":1}`, `{"x":{"y":[{"k <a>":1}]}}`, `{"a":1}{"b":2}`, `{"a":1} <a>`, `{"a" "b"}`, "\"a\nb\"", `"a" "b`, `"x" y`, `{"a":<a>,}`, `]`,
	} {
		if _, err := Compile(paths, template); err == nil {
			t.Errorf("Compile(%q) succeeds, want an error", template)
		}
	}
}
