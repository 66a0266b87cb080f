//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package tokenstore_test

import "os/exec"

func asNobody(*exec.Cmd) {}
