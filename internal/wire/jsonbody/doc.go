// Package jsonbody reads and writes shapes as JSON: the bodies of the AWS JSON and REST-JSON protocols, and the JSON
// that SDKs and Step Functions show their users.
//
// Parse is strict about JSON's grammar and about UTF-8, unlike encoding/json, and cuts strings out of the text that it was
// given. What it refuses, and what a Style's dialect finds to be of the wrong type, is a SerializationException in the
// words of AWS's servers.
package jsonbody
