//go:build !race

package fleet_test

const podsAtOnce = 100
