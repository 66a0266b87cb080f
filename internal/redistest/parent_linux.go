package redistest

import "syscall"

// endWithParent makes the kernel kill the server when the program that started it is gone, however it went.
func endWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
