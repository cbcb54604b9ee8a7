package sqs

import (
	"fmt"

	sqsapi "github.com/cumulet/cumulet/internal/api/sqs"
	"github.com/cumulet/cumulet/internal/wire"
)

// Errors that AWS returns here and does not model. In JSON answers Code is the type, and QueryCode what SDKs show.

func invalidParameter(format string, args ...any) error {
	return &wire.Error{
		Code: "InvalidParameterValueException", QueryCode: "InvalidParameterValue", Status: 400,
		Message: fmt.Sprintf(format, args...),
	}
}

// invalidValue is the form that most complaints about one parameter take.
func invalidValue(value any, parameter, reason string) error {
	return invalidParameter("Value %v for parameter %s is invalid. Reason: %s", value, parameter, reason)
}

func missingParameter(name string) error {
	return &wire.Error{
		Code: "MissingRequiredParameterException", QueryCode: "MissingParameter", Status: 400,
		Message: "The request must contain the parameter " + name + ".",
	}
}

func invalidAttributeValue(format string, args ...any) error {
	return &sqsapi.InvalidAttributeValue{Message: fmt.Sprintf(format, args...)}
}

func unknownAttribute(name string) error {
	return &sqsapi.InvalidAttributeName{Message: "Unknown Attribute " + name + "."}
}

func queueDoesNotExist() error {
	return &sqsapi.QueueDoesNotExist{Message: "The specified queue does not exist."}
}

func resourceNotFound(message string) error {
	return &sqsapi.ResourceNotFoundException{Message: message}
}

func handleInvalid(handle string) error {
	return &sqsapi.ReceiptHandleIsInvalid{Message: `The input receipt handle "` + handle + `" is not a valid receipt handle.`}
}

// handleForeign complains about the handle of another queue's message.
func handleForeign(handle string) error {
	return &sqsapi.ReceiptHandleIsInvalid{Message: `The receipt handle "` + handle + `" is not valid for this queue.`}
}

func handleExpired(handle string) error {
	return invalidValue(handle, "ReceiptHandle", "The receipt handle has expired.")
}

func notAvailableForChange(handle string) error {
	return invalidValue(handle, "ReceiptHandle", "Message does not exist or is not available for visibility timeout change.")
}

func batchTooLong(bytes int) error {
	return &sqsapi.BatchRequestTooLong{
		Message: fmt.Sprintf("Batch requests cannot be longer than %d bytes. You have sent %d bytes.", maxMessageBytes, bytes),
	}
}

func tooManyEntries(n int) error {
	return &sqsapi.TooManyEntriesInBatchRequest{
		Message: fmt.Sprintf("Maximum number of entries per request are %d. You have sent %d.", maxBatchEntries, n),
	}
}
