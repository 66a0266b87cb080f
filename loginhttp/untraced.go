package loginhttp

import (
	"context"
	"reflect"
)

// untraced is a context without the caller's httptrace. Its hooks would see a login's request, and might be called after the
// caller has left.
type untraced struct{ context.Context }

// Value hides what package httptrace has put there. Its keys are not exported, their package is known.
func (c untraced) Value(key any) any {
	if key != nil {
		switch reflect.TypeOf(key).PkgPath() {
		case "net/http/httptrace", "internal/nettrace":
			return nil
		}
	}
	return c.Context.Value(key)
}
