// Package doctest keeps README.md and docs true: its tests compile every block of Go code in them, follow their links, and look for the
// tests that SECURITY.md names.
package doctest
