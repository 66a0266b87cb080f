package sqltest

import "syscall"

// endWithParent ends a process when the tests end, however that comes about.
func endWithParent(a *syscall.SysProcAttr) { a.Pdeathsig = syscall.SIGKILL }
