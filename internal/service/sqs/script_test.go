package sqs_test

import (
	"testing"

	"github.com/cumulet/cumulet/internal/cumulettest"
)

// TestScripts runs the stories in testdata, each in both of SQS's protocols.
func TestScripts(t *testing.T) {
	cumulettest.Scripts(t, "testdata/*.txt", cumulettest.JSON, cumulettest.Query)
}
