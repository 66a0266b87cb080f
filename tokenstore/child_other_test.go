//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package tokenstore_test

func runAsChild(string) int { return 2 }
