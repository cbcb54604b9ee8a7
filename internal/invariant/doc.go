// Package invariant states what must always hold. Its checks cost nothing unless the build has the tag invariants.
package invariant
