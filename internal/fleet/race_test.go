//go:build race

package fleet_test

const (
	raceDetector = true
	podsAtOnce   = 30
)
