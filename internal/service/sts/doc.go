// Package sts is the AWS Security Token Service: it tells callers who they are. It has no state.
//
// https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
package sts
