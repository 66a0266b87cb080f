package loginhttp

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestModuleVersion(t *testing.T) {
	t.Parallel()
	program := func(main string, deps ...*debug.Module) *debug.BuildInfo {
		return &debug.BuildInfo{Main: debug.Module{Path: main, Version: "v9.9.9"}, Deps: deps}
	}
	other := &debug.Module{Path: "example.com/other", Version: "v1.0.0"}
	for name, test := range map[string]struct {
		info *debug.BuildInfo
		want string
	}{
		"none":         {nil, "devel"},
		"a dependency": {program("example.com/program", other, &debug.Module{Path: module, Version: "v1.2.3"}), "v1.2.3"},
		"a workspace":  {program("example.com/program", &debug.Module{Path: module, Version: "(devel)"}), "devel"},
		"replaced":     {program("example.com/program", &debug.Module{Path: module}), "devel"},
		"itself":       {program(module), "v9.9.9"},
		"elsewhere":    {program("example.com/program", other), "devel"},
	} {
		assert.Equal(t, test.want, moduleVersion(test.info), name)
	}
}
