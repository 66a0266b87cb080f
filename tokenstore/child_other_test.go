//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package tokenstore_test

func playChild(string) int { return 2 }
