package wire

import (
	"strconv"
	"strings"
)

// rules says how a service answers inputs that break its model's constraints.
type rules struct {
	requiredOnly bool   // other constraints are the handlers' own
	prefix       string // of the paths of members in the body
	err          func(found []violation) error
}

// codes are the error codes of the services that do not answer ValidationException. Those of apigateway, events, kms,
// lambda, logs, sqs and sts are recorded; the others are the code that the service's operations declare for bad input.
var codes = map[string]string{
	"apigatewayv2":             "BadRequestException",
	"cloudformation":           "ValidationError",
	"cloudwatch":               "ValidationError",
	"cloudwatchlogs":           "InvalidParameterException",
	"cognitoidentityprovider":  "InvalidParameterException",
	"ecr":                      "InvalidParameterException",
	"iam":                      "ValidationError",
	"iot":                      "InvalidRequestException",
	"iotdataplane":             "InvalidRequestException",
	"resourcegroupstaggingapi": "InvalidParameterException",
	"schemas":                  "BadRequestException",
	"sns":                      "ValidationError",
	"sts":                      "ValidationError",
	"xray":                     "InvalidRequestException",
}

// rulesOf returns the rules of a call's service.
func rulesOf(c *Call) rules {
	if c == nil || c.Model == nil {
		return rules{err: validationError("ValidationException")}
	}
	code := codes[c.Model.ID]
	if code == "" {
		code = "ValidationException"
	}
	r := rules{err: validationError(code)}
	switch c.Model.ID {
	case "sqs":
		r.requiredOnly, r.err = true, missingParameter
	case "s3":
		r.requiredOnly, r.err = true, s3Error
	case "apigateway":
		r.prefix = string(appendLowerFirst(nil, c.Operation.Name)) + "Input."
	case "cloudwatchlogs":
		if validates(c.Operation.Name) {
			r.err = validationError("ValidationException")
		}
	}
	return r
}

// validates reports whether an operation of CloudWatch Logs is one of the newer ones, which declare ValidationException.
func validates(operation string) bool {
	for _, part := range []string{"Deliver", "S3Table", "Schedule", "ConfigurationTemplates", "Import", "Lookup", "Integration"} {
		if strings.Contains(operation, part) {
			return true
		}
	}
	return false
}

// validationError returns the usual form: how many violations there are, and all of them.
func validationError(code string) func([]violation) error {
	return func(found []violation) error {
		var b strings.Builder
		b.WriteString(strconv.Itoa(len(found)) + " validation error")
		if len(found) > 1 {
			b.WriteByte('s')
		}
		b.WriteString(" detected: ")
		for i := range found {
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString(found[i].String())
		}
		return &Error{Code: code, Status: 400, Message: b.String()}
	}
}

// missingParameter is SQS's form, which names the first member that is missing as the Query protocol does. Observed.
func missingParameter(found []violation) error {
	return &Error{
		Code: "MissingRequiredParameterException", QueryCode: "MissingParameter", Status: 400,
		Message: "The request must contain the parameter " + found[0].queryPath + ".",
	}
}

// s3Error is the form of S3, whose bodies are checked against their schema.
func s3Error(found []violation) error {
	if found[0].inBody {
		return &Error{Code: "MalformedXML", Status: 400, Message: "The XML you provided was not well-formed or did not validate against our published schema"}
	}
	return &Error{Code: "InvalidRequest", Status: 400, Message: "Missing required parameter: " + found[0].queryPath}
}
