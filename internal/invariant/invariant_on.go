//go:build invariants

package invariant

import "fmt"

// Enabled says whether checks run.
const Enabled = true

// Check panics with the formatted message unless cond holds.
func Check(cond bool, format string, args ...any) {
	if !cond {
		panic("invariant violated: " + fmt.Sprintf(format, args...))
	}
}
