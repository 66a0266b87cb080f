package loginspec

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/vendorlogin/vendorlogin"
	"github.com/vendorlogin/vendorlogin/internal/reading"
)

// A run is one login, refresh, logout or authorization: what it has read, made and kept so far. It belongs to one goroutine.
type run struct {
	*account
	op      string
	old     *vendorlogin.Token // what is refreshed; nil at a login
	kept    map[string]string
	memo    map[string]string // secrets that were read and values that were made
	from    map[string]found  // where each thing that was kept was found
	making  map[string]Make   // of the step that runs
	code    string
	seen    []string // secrets, those of earlier requests too
	matched string   // the rule that the last response matched
	last    struct { // the last step that keeps access, or else the last one
		call *filledCall
		resp *reading.Response
		keep map[string]Source
	}
}

// A found thing is where something kept was found.
type found struct {
	in *reading.Response
	at Source
}

// newRun knows what t has.
func (a *account) newRun(op string, t *vendorlogin.Token) *run {
	r := &run{account: a, op: op, old: t, kept: map[string]string{}, memo: map[string]string{}, from: map[string]found{}}
	if t == nil {
		return r
	}
	maps.Copy(r.kept, t.Extra)
	for name, secret := range t.Secrets {
		r.kept[name] = secret.Reveal()
	}
	maps.DeleteFunc(r.kept, func(name, _ string) bool { return a.keeps[name] == nil }) // the token may be from elsewhere
	for name, value := range map[string]string{
		"access": t.Access.Reveal(), "refresh": t.Refresh.Reveal(), "subject": t.Subject, "type": t.Type,
	} {
		if name == "access" || a.keeps[name] != nil {
			r.kept[name] = value
		}
	}
	return r
}

// Value finds a name among what was kept, the inputs, and what is made.
func (r *run) Value(ctx context.Context, name string) (string, bool, error) {
	if name == "code" {
		return r.code, r.code != "", nil
	}
	for _, known := range []map[string]string{r.kept, r.values, r.memo} {
		if value := known[name]; value != "" {
			return value, true, nil
		}
	}
	value, ok, err := r.fetch(ctx, name)
	if err == nil && ok {
		r.memo[name] = value
	}
	return value, ok, err
}

// forgetMadeOf forgets what was made of a name for the whole login: it is made anew.
func (r *run) forgetMadeOf(name string) {
	for made, m := range r.spec.Make {
		if r.spec.uses(&m, nil)[name] {
			delete(r.memo, made)
		}
	}
}

// fetch reads a secret or makes a value.
func (r *run) fetch(ctx context.Context, name string) (string, bool, error) {
	for _, secrets := range []map[string]vendorlogin.SecretFunc{r.secrets, r.made} {
		if f, ok := secrets[name]; ok {
			if r.pems[name] {
				f = onOneLine(f)
			}
			value, err := r.endpoint.Secret(ctx, r.op, name, f)
			return value, err == nil, err
		}
	}
	if m, ok := r.spec.makes(name, r.making); ok {
		return m.make(ctx, r)
	}
	return "", false, nil
}

// refuseSpent fails where a secret of a single use was sent before, in whichever step: a login that cannot succeed is not begun.
func (r *run) refuseSpent(ctx context.Context) error {
	for _, name := range r.reads["login"] {
		if !r.inputs[name].Once {
			continue
		}
		secret, _, err := r.Value(ctx, name)
		if err == nil {
			err = vendorlogin.Spent(ctx, vendorlogin.NewSecret(secret))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Typed reports whether a value is a number or a boolean in JSON.
func (r *run) Typed(name string) bool {
	in := r.inputs[name]
	return in != nil && (in.Number || in.Bool)
}

// isSet is what only and unless ask.
func (r *run) isSet(name string) bool {
	if r.secrets[name] != nil {
		return true
	}
	value := r.kept[name] + r.values[name]
	return value != "" && !strings.EqualFold(value, "false") && value != "0"
}

// known is every secret that this run has seen. Those of earlier requests stay: a vendor may repeat them.
func (r *run) known() []string {
	for _, values := range []map[string]string{r.memo, r.kept, {"code": r.code}} {
		for name, value := range values {
			if value != "" && r.isSecret(name) && !slices.Contains(r.seen, value) {
				r.seen = append(r.seen, value)
			}
		}
	}
	return r.seen
}
