// Package eventpattern is EventBridge's event pattern language: it compiles patterns, matches events against one or against
// thousands of them, and explains the outcome. It is pure: no I/O, no clock, no state outside the values it returns.
//
// # How an event is seen
//
// An event is flattened once, by [ParseEvent], into leaves: a path (the object keys, joined by dots), a value, and the array
// elements that the leaf lies in. A key that contains a dot is therefore the same as two nested keys, and objects, empty
// objects and empty arrays have no leaves, so that nothing matches them, not even exists. AWS does the same.
//
// A pattern requires something of some paths; all must be met ($or multiplies the pattern into branches, of which one must be
// met). Leaves chosen for different paths must not lie in different elements of one array: {"a": {"x": [1], "y": [2]}} does
// not match {"a": [{"x": 1}, {"y": 2}]}.
//
// # Facts that surprise
//
//   - anything-but needs the field to be present, and matches every value that its list does not hold, of any type, null included.
//   - Numbers are equal by value (300, 300.0 and 3e2) as far as a float64 represents them exactly in decimal; other numbers
//     are compared by their text.
//   - A string in a pattern that is an IP address matches every spelling of that address.
//   - A key given twice counts with its last value in a pattern and with both values in an event.
//   - exists false looks only at leaves that are consistent with the array elements chosen for paths that sort before it.
//   - What follows the closing brace of a pattern is ignored.
//
// # How many patterns cost what one costs
//
// A [Set] merges its patterns into a tree. Each edge is one condition (a path with all its alternatives); the conditions of a
// branch are ordered from selective to unselective, then by path, so that branches with equal beginnings share them. A node
// finds its edges by the event's values: hash tables for exact values, radix trees for prefixes and suffixes, a list for the
// rest. Array consistency is decided afterwards, for the few branches that survive.
//
// Counting satisfied conditions for each branch was rejected: ten thousand rules on one source would all be counted. A
// single automaton over bytes, as in AWS's own library, was rejected as well: it needs far more memory and care on removal for
// nothing that the tree does not give.
//
// # Errors
//
// [Compile] reports what AWS reports, including line and column, as [*Error]. The checks run in the order of AWS's library, event-ruler,
// over a tokenizer that behaves like the JSON parser below it, because both show in the texts.
//
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
package eventpattern
