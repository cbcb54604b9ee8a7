package sqs

import (
	"context"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/call"
)

// arn returns the queue's ARN.
func (r queueRef) arn(partition string) string {
	if partition == "" {
		partition = "aws"
	}
	return "arn:" + partition + ":sqs:" + r.region + ":" + r.account + ":" + r.name
}

// url returns the queue's URL as the caller reaches it.
func (r queueRef) url(c *call.Info) string {
	return c.BaseURL + "/" + r.account + "/" + r.name
}

// parseARN reads a queue's ARN. It returns the service as well, for error messages, and reports false when the text is
// no full ARN.
func parseARN(arn string) (ref queueRef, service string, ok bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[1] == "" || parts[5] == "" {
		return queueRef{}, "", false
	}
	return queueRef{account: parts[4], region: parts[3], name: parts[5]}, parts[2], true
}

// resolve finds the queue that a QueueUrl means. URLs end in /account/name, whatever host and path stand before; a path or
// a name alone works as well. The region is the host's, if the host names one, else the caller's.
func resolve(ctx context.Context, url string) (queueRef, error) {
	c := call.From(ctx)
	if url == "" {
		return queueRef{}, missingParameter("QueueUrl")
	}
	ref := queueRef{account: c.Account, region: c.Region}
	rest := url
	if i := strings.Index(rest, "://"); i >= 0 {
		rest = rest[i+3:]
		host, path, found := strings.Cut(rest, "/")
		if !found {
			return queueRef{}, badAddress(url)
		}
		if region := hostRegion(host); region != "" {
			ref.region = region
		}
		rest = path
	}
	rest = strings.Trim(rest, "/")
	slash := strings.LastIndexByte(rest, '/')
	if slash < 0 {
		if rest == "" || strings.Contains(url, "://") {
			return queueRef{}, badAddress(url)
		}
		ref.name = rest
		return ref, nil
	}
	ref.name = rest[slash+1:]
	path := rest[:slash]
	ref.account = path[strings.LastIndexByte(path, '/')+1:]
	if !isAccount(ref.account) {
		return queueRef{}, badAddress(url)
	}
	// http://host/queue/<region>/<account>/<name>
	if before, found := strings.CutSuffix(path, "/"+ref.account); found {
		if region, found := strings.CutPrefix(before, "queue/"); found && !strings.Contains(region, "/") {
			ref.region = region
		}
	}
	return ref, nil
}

// hostRegion returns the region in sqs.<region>.…, <region>.queue.… and <region>.sqs.…, or nothing.
func hostRegion(host string) string {
	host, _, _ = strings.Cut(host, ":")
	first, rest, _ := strings.Cut(host, ".")
	second, _, _ := strings.Cut(rest, ".")
	switch {
	case (first == "sqs" || first == "sqs-fips") && isRegion(second):
		return second
	case (second == "queue" || second == "sqs") && isRegion(first):
		return first
	}
	return ""
}

// isRegion reports whether a label looks like us-east-1.
func isRegion(label string) bool {
	n := len(label)
	return n >= 9 && strings.Count(label, "-") >= 2 && label[n-1] >= '0' && label[n-1] <= '9'
}

func isAccount(s string) bool {
	if len(s) != 12 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func badAddress(url string) error {
	return &sqsapi.InvalidAddress{Message: "The address " + url + " is not valid for this endpoint."}
}

// senderID is what SenderId shows: the caller's unique id, or else the account.
func senderID(c *call.Info) string {
	if c.UserID != "" {
		return c.UserID
	}
	return c.Account
}
