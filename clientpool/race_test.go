//go:build race

package clientpool_test

const raceDetector = true
