package sts_test

import (
	"testing"

	"github.com/cumulet/cumulet/internal/cumulettest"
)

func TestScripts(t *testing.T) {
	cumulettest.Scripts(t, "testdata/*.txt", cumulettest.Direct, cumulettest.Query)
}
