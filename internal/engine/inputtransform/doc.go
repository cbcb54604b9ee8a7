// Package inputtransform turns an event into what an EventBridge target receives: InputPath and InputTransformer. It is
// pure; a [Template] and a [Path] are immutable and safe for concurrent use.
//
//	https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
//
// # Templates
//
// A template holds <name> placeholders, whose values come from the paths or are reserved:
// aws.events.rule-arn, aws.events.rule-name, aws.events.event.ingestion-time, aws.events.event.json (the event) and
// aws.events.event (the event without its detail, its detail-type named detailType; observed). What else stands between < and > is text.
//
// A template that starts with a brace is JSON, and its output is minified JSON:
//
//   - A bare placeholder becomes the value as JSON: `{"id": <id>}` quotes a string and embeds an object.
//   - In a string, text is inserted as it is, unescaped, and numbers, objects and arrays as their JSON. If the output is not JSON
//     then (a quotation mark in the text, an object in a string), [Template.Apply] fails with [ErrOutput], and AWS delivers
//     nothing.
//   - A missing value is "" when bare and nothing in a string.
//   - A placeholder in an object's key is refused.
//
// Any other template is text: one or more quoted strings, as a rule, copied with their quotation marks and blanks. Values are
// inserted as above, except that in a string objects and arrays lose all quotation marks: {"a":["b"]} reads {a:[b]}
// (observed). The output is not checked. <aws.events.event.json> is refused there.
//
// AWS documents that a missing variable does not appear in the output, and its recorded answers show that for strings. What it
// does with a bare one is not recorded; we write "" because the alternative, invalid JSON, would lose the event.
//
// # Paths
//
// A path is $ and then any number of .name, .*, [3] and [*]. A path with a wildcard gives the array of all it finds, perhaps
// empty; another gives one value or none. As observed, PutTargets refuses a path that does not begin with $, and one with
// quoted brackets. We also refuse the JSONPath that AWS does not list (.., filters, slices, negative indexes) rather than
// accept a path that never finds anything. Of equal keys in an object the last counts.
package inputtransform
