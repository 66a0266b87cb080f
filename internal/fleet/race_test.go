//go:build race

package fleet_test

const podsAtOnce = 30 // the race detector makes each ten times as slow
