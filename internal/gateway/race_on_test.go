//go:build race

package gateway_test

// raceEnabled says that pools drop what they hold at random, so that allocations cannot be counted.
const raceEnabled = true
