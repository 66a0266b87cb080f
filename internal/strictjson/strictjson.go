// Package strictjson reads JSON into structs for people: an unknown key, a key that comes twice and a value of another type are
// mistakes with a line, a path and what was probably meant.
package strictjson

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Mistake is one thing that is wrong.
type Mistake struct {
	Path   string // such as "login[0].json.user"
	Reason string
}

// A Reader reads itself from a Node. It reports what is wrong and returns false.
type Reader interface {
	ReadNode(n *Node) (ok bool, want string)
}

// Decode reads data into the struct that v points to. Keys are the json tags of its fields. A single value may stand for a list of
// texts, numbers, or structs with the method Single. The lines are those of every path that is there; of "" the one where data
// stops to be JSON.
func Decode(data []byte, v any) (lines map[string]int, mistakes []Mistake) {
	d := &decoder{lines: map[string]int{}}
	root, line, err := parse(data)
	if err != nil {
		d.lines[""] = line
		d.add("", "%s", err)
		return d.lines, d.mistakes
	}
	d.check(root, "")
	d.decode(root, "", reflect.ValueOf(v).Elem())
	return d.lines, d.mistakes
}

type decoder struct {
	lines    map[string]int
	mistakes []Mistake
}

func (d *decoder) add(path, format string, args ...any) {
	d.mistakes = append(d.mistakes, Mistake{path, fmt.Sprintf(format, args...)})
}

// check notes the line of n and of all that is in it, and the keys that come twice.
func (d *decoder) check(n *Node, path string) {
	d.lines[path] = n.Line
	seen := map[string]bool{}
	for i, item := range n.Items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if n.IsObject() {
			at = join(path, n.Keys[i])
			if seen[n.Keys[i]] {
				d.add(at, "is there twice")
			}
			seen[n.Keys[i]] = true
		}
		d.check(item, at)
	}
}

// decode puts n into v, which the key at path is for.
func (d *decoder) decode(n *Node, path string, v reflect.Value) {
	switch to := v.Addr().Interface().(type) {
	case *time.Duration:
		d.decodeDuration(n, path, to)
		return
	case Reader:
		if ok, want := to.ReadNode(n); !ok {
			d.add(path, "must be %s, and is %s", want, n.Kind())
		}
		return
	case *any:
		*to = n.Plain()
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.decode(n, path, v.Elem())
	case reflect.Struct, reflect.Map:
		if !n.IsObject() {
			d.add(path, "must be an object, and is %s", n.Kind())
			return
		}
		if v.Kind() == reflect.Map {
			d.decodeMap(n, path, v)
		} else {
			d.decodeStruct(n, path, v)
		}
	case reflect.Slice:
		d.decodeList(n, path, v)
	default:
		d.decodeScalar(n, path, v)
	}
}

// decodeStruct takes a field with the tag scalar:"true" from numbers and booleans too, as it takes the values of maps.
func (d *decoder) decodeStruct(n *Node, path string, v reflect.Value) {
	fields := Fields(v.Type())
	for i, key := range n.Keys {
		field, ok := fields[key]
		item := n.Items[i]
		if !ok {
			d.add(join(path, key), "is unknown%s", Nearest(key, slices.Collect(maps.Keys(fields))))
			continue
		}
		if field.Tag.Get("scalar") == "true" {
			item = item.scalars()
		}
		d.decode(item, join(path, key), v.FieldByIndex(field.Index))
	}
}

// scalars is n, or the list n, with its scalars as texts.
func (n *Node) scalars() *Node {
	scalar := n.Scalar()
	if n.IsList() {
		scalar.Items = nil
		for _, item := range n.Items {
			scalar.Items = append(scalar.Items, item.Scalar())
		}
	}
	return scalar
}

func (d *decoder) decodeMap(n *Node, path string, v reflect.Value) {
	v.Set(reflect.MakeMap(v.Type()))
	for i, key := range n.Keys {
		item, value := n.Items[i], reflect.New(v.Type().Elem()).Elem()
		if value.Kind() == reflect.String {
			item = item.Scalar()
		}
		d.decode(item, join(path, key), value)
		v.SetMapIndex(reflect.ValueOf(key), value)
	}
}

func (d *decoder) decodeList(n *Node, path string, v reflect.Value) {
	items := n.Items
	if !n.IsList() {
		_, single := reflect.New(v.Type().Elem()).Interface().(interface{ Single() })
		if kind := v.Type().Elem().Kind(); kind != reflect.String && kind != reflect.Int && !single {
			d.add(path, "must be a list, and is %s", n.Kind())
			return
		}
		items = []*Node{n}
		for at, line := range maps.Clone(d.lines) {
			if in, ok := strings.CutPrefix(at, path); ok {
				d.lines[path+"[0]"+in] = line
			}
		}
	}
	v.Set(reflect.MakeSlice(v.Type(), len(items), len(items)))
	for i, item := range items {
		d.decode(item, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
	}
}

func (d *decoder) decodeScalar(n *Node, path string, v reflect.Value) {
	switch value := n.Value.(type) {
	case bool:
		if v.Kind() == reflect.Bool {
			v.SetBool(value)
			return
		}
	case json.Number:
		if i, err := strconv.Atoi(value.String()); err == nil && v.Kind() == reflect.Int {
			v.SetInt(int64(i))
			return
		}
	case string:
		if v.Kind() == reflect.String {
			v.SetString(value)
			return
		}
	}
	want := map[reflect.Kind]string{reflect.Bool: "true or false", reflect.Int: "a whole number", reflect.String: "a text"}
	d.add(path, "must be %s, and is %s", want[v.Kind()], n.Kind())
}

// decodeDuration reads what time.ParseDuration does, and days.
func (d *decoder) decodeDuration(n *Node, path string, to *time.Duration) {
	text, ok := n.Value.(string)
	days, isDays := strings.CutSuffix(text, "d")
	count, err := strconv.Atoi(days)
	if ok && isDays && err == nil && count >= -10000 && count <= 10000 {
		*to = time.Duration(count) * 24 * time.Hour
		return
	}
	if *to, err = time.ParseDuration(text); !ok || err != nil {
		d.add(path, `must be a duration such as "90s", "1h30m" or "30d"`)
	}
}

// Fields are the fields of a struct by their keys, those of embedded structs too.
func Fields(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(t) {
		if key, _, _ := strings.Cut(f.Tag.Get("json"), ","); key != "" {
			fields[key] = f
		}
	}
	return fields
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
