package sqs

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/kv"
)

// policy is a resource policy, as far as SQS changes it itself. Statements that it does not change stay as they are.
type policy struct {
	Version   string            `json:"Version,omitempty"`
	ID        string            `json:"Id,omitempty"`
	Statement []json.RawMessage `json:"Statement"`
}

// statement is what AddPermission writes.
type statement struct {
	Sid       string    `json:"Sid"`
	Effect    string    `json:"Effect"`
	Principal principal `json:"Principal"`
	Action    any       `json:"Action"` // a string, or several
	Resource  string    `json:"Resource"`
}

type principal struct {
	AWS any `json:"AWS"` // an ARN, or several
}

// sharedActions are the actions that AddPermission can allow, besides *.
var sharedActions = []string{
	"ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues",
	"PurgeQueue", "ReceiveMessage", "SendMessage",
}

// AddPermission adds a statement to a queue's policy.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
func (s *Service) AddPermission(ctx context.Context, in *sqsapi.AddPermissionInput) (*sqsapi.AddPermissionOutput, error) {
	if err := checkPermission(in); err != nil {
		return nil, err
	}
	err := s.change(ctx, in.QueueUrl, func(_ kv.Tx, q *queue, row *queueRow) error {
		p := policy{Version: "2008-10-17", ID: q.arn + "/SQSDefaultPolicy"}
		if row.Policy != "" {
			if err := p.parse(row.Policy); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(p.Statement, hasLabel(in.Label)) {
			return invalidValue(in.Label, "Label", "Already exists.")
		}
		if len(p.Statement) >= maxPolicyStatements {
			return &sqsapi.OverLimit{Message: formatInt(len(p.Statement)+1) + " statements were found in the submitted policy, max allowed is 20"}
		}
		raw, err := json.Marshal(newStatement(in, q))
		if err != nil {
			return err
		}
		p.Statement = append(p.Statement, raw)
		return p.encode(&row.Policy)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.AddPermissionOutput{}, nil
}

func checkPermission(in *sqsapi.AddPermissionInput) error {
	switch {
	case in.Label == "":
		return missingParameter("Label")
	case !validBatchID(in.Label):
		return invalidValue(in.Label, "Label", "Label must be alphanumeric with hyphens and underscores, 1 to 80 in length.")
	case len(in.AWSAccountIds) == 0:
		return missingParameter("PrincipalId")
	case len(in.Actions) == 0:
		return missingParameter("Actions")
	case len(in.Actions) > maxPolicyActions:
		return &sqsapi.OverLimit{Message: formatInt(len(in.Actions)) + " Actions were found, maximum allowed is 7."}
	}
	for _, account := range in.AWSAccountIds {
		if !isAccount(account) {
			return invalidValue("["+strings.Join(in.AWSAccountIds, ", ")+"]", "PrincipalId", "Unable to verify.")
		}
	}
	for _, action := range in.Actions {
		if action != "*" && !slices.Contains(sharedActions, action) {
			return invalidValue("SQS:"+action, "ActionName", "Only the queue owner is allowed to invoke this action.")
		}
	}
	return nil
}

// newStatement returns what AddPermission adds. Observed: AWS lists accounts the other way round than they were given,
// and writes one alone as a string.
func newStatement(in *sqsapi.AddPermissionInput, q *queue) statement {
	accounts := make([]string, 0, len(in.AWSAccountIds))
	for _, account := range slices.Backward(in.AWSAccountIds) {
		accounts = append(accounts, "arn:"+q.row.Partition+":iam::"+account+":root")
	}
	actions := make([]string, 0, len(in.Actions))
	for _, action := range in.Actions {
		actions = append(actions, "SQS:"+action)
	}
	return statement{
		Sid: in.Label, Effect: "Allow", Principal: principal{AWS: oneOrAll(accounts)}, Action: oneOrAll(actions), Resource: q.arn,
	}
}

func oneOrAll(values []string) any {
	if len(values) == 1 {
		return values[0]
	}
	return values
}

// RemovePermission removes the statement that has the given label from a queue's policy.
//
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_RemovePermission.html
func (s *Service) RemovePermission(ctx context.Context, in *sqsapi.RemovePermissionInput) (*sqsapi.RemovePermissionOutput, error) {
	if in.Label == "" {
		return nil, missingParameter("Label")
	}
	err := s.change(ctx, in.QueueUrl, func(_ kv.Tx, _ *queue, row *queueRow) error {
		var p policy
		if row.Policy != "" {
			if err := p.parse(row.Policy); err != nil {
				return err
			}
		}
		n := len(p.Statement)
		p.Statement = slices.DeleteFunc(p.Statement, hasLabel(in.Label))
		switch len(p.Statement) {
		case n:
			return invalidValue(in.Label, "Label", "can't find label.")
		case 0:
			row.Policy = ""
			return nil
		}
		return p.encode(&row.Policy)
	})
	if err != nil {
		return nil, err
	}
	return &sqsapi.RemovePermissionOutput{}, nil
}

func hasLabel(label string) func(json.RawMessage) bool {
	return func(raw json.RawMessage) bool {
		var st struct{ Sid string }
		return json.Unmarshal(raw, &st) == nil && st.Sid == label
	}
}

// parse reads a policy; its Statement may be one or several.
func (p *policy) parse(text string) error {
	var raw struct {
		Version, ID string
		Statement   json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return err
	}
	p.Version, p.ID = raw.Version, raw.ID
	if bytes.HasPrefix(bytes.TrimSpace(raw.Statement), []byte("{")) {
		p.Statement = []json.RawMessage{raw.Statement}
		return nil
	}
	return json.Unmarshal(raw.Statement, &p.Statement)
}

func (p *policy) encode(to *string) error {
	raw, err := json.Marshal(p)
	*to = string(raw)
	return err
}

// setPolicy checks that a Policy is a policy document. What it allows is evaluated elsewhere. Nothing removes the policy.
func setPolicy(value string, to *string) error {
	if value == "" {
		*to = ""
		return nil
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal([]byte(value), &fields); err != nil || fields == nil {
		return badAttribute(sqsapi.QueueAttributeNamePolicy)
	}
	for name := range fields {
		if name != "Version" && name != "Id" && name != "Statement" {
			return badAttribute(sqsapi.QueueAttributeNamePolicy)
		}
	}
	var p policy
	if err := p.parse(value); err != nil || len(p.Statement) == 0 || p.Version != "" && p.Version != "2008-10-17" && p.Version != "2012-10-17" {
		return badAttribute(sqsapi.QueueAttributeNamePolicy)
	}
	if len(p.Statement) > maxPolicyStatements {
		return &sqsapi.OverLimit{Message: formatInt(len(p.Statement)) + " statements were found in the submitted policy, max allowed is 20"}
	}
	for _, raw := range p.Statement {
		var st map[string]json.RawMessage
		if err := json.Unmarshal(raw, &st); err != nil || st["Effect"] == nil {
			return badAttribute(sqsapi.QueueAttributeNamePolicy)
		}
		if effect := string(st["Effect"]); effect != `"Allow"` && effect != `"Deny"` {
			return badAttribute(sqsapi.QueueAttributeNamePolicy)
		}
		if st["Action"] == nil && st["NotAction"] == nil || st["Principal"] == nil && st["NotPrincipal"] == nil {
			return badAttribute(sqsapi.QueueAttributeNamePolicy)
		}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(value)); err != nil {
		return err
	}
	*to = compact.String()
	return nil
}
