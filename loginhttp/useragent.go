package loginhttp

import (
	"runtime/debug"
	"strings"
	"sync"
)

const module = "github.com/vendorlogin/vendorlogin"

// userAgent names the module and its version, as "vendorlogin/v1.2.3", or "vendorlogin/devel" where the version is not known.
var userAgent = sync.OnceValue(func() string {
	info, _ := debug.ReadBuildInfo()
	return "vendorlogin/" + moduleVersion(info)
})

// moduleVersion is the version of this module that a program was built with.
func moduleVersion(info *debug.BuildInfo) string {
	if info == nil {
		return "devel"
	}
	for _, m := range append([]*debug.Module{&info.Main}, info.Deps...) {
		if m.Path == module && strings.HasPrefix(m.Version, "v") {
			return m.Version
		}
	}
	return "devel"
}
