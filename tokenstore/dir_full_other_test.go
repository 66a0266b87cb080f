//go:build darwin || dragonfly || freebsd || netbsd || openbsd

package tokenstore_test

import (
	"os/exec"

	"github.com/vendorlogin/vendorlogin/tokenstore"
)

func asNobody(*exec.Cmd) {}

func childFillsDisk(*tokenstore.File) error { return nil }

func childMeetsBrokenSystem(*tokenstore.File) error { return nil }

func childMeetsBrokenDisk(*tokenstore.File) error { return nil }
