// Package apilist writes down the exported names of a package, one per line, so that a test can compare them with a checked-in list:
// a change of the API is then a change that its author sees.
package apilist

import (
	"fmt"
	"go/constant"
	"go/types"
	"slices"
	"strings"
)

// Lines lists what users of p can name: constants with their values, variables, functions, types, and their exported fields and methods.
func Lines(p *types.Package) []string {
	var lines []string
	scope := p.Scope()
	for _, name := range scope.Names() {
		if object := scope.Lookup(name); object.Exported() {
			lines = append(lines, oneName(p, object)...)
		}
	}
	slices.Sort(lines)
	return lines
}

func oneName(p *types.Package, object types.Object) []string {
	named, isType := object.(*types.TypeName)
	if !isType {
		line := text(p, object)
		if c, ok := object.(*types.Const); ok {
			line += " = " + value(c.Val())
		}
		return []string{line}
	}
	if named.IsAlias() {
		return []string{text(p, named)}
	}
	return declared(p, named)
}

// declared lists a type of its own with its fields, or the methods that it wants, and the methods that it has.
func declared(p *types.Package, name *types.TypeName) []string {
	named := name.Type().(*types.Named)
	head := "type " + name.Name() + typeParams(p, named)
	var lines []string
	switch under := named.Underlying().(type) {
	case *types.Struct:
		lines = append(lines, head+" struct")
		for field := range under.Fields() {
			if field.Exported() {
				lines = append(lines, head+" struct, "+field.Name()+" "+typeText(p, field.Type()))
			}
		}
	case *types.Interface:
		lines = append(lines, head+" interface")
		for method := range under.Methods() {
			lines = append(lines, head+" interface, "+method.Name()+signature(p, method))
		}
		return lines
	default:
		lines = append(lines, head+" "+typeText(p, under))
	}
	set := types.NewMethodSet(types.NewPointer(named))
	for selection := range set.Methods() {
		method := selection.Obj().(*types.Func)
		if !method.Exported() {
			continue
		}
		receiver := "*" + name.Name()
		if types.NewMethodSet(named).Lookup(p, method.Name()) != nil {
			receiver = name.Name()
		}
		lines = append(lines, fmt.Sprintf("method (%s) %s%s", receiver, method.Name(), signature(p, method)))
	}
	return lines
}

func typeParams(p *types.Package, named *types.Named) string {
	var params []string
	for param := range named.TypeParams().TypeParams() {
		params = append(params, param.Obj().Name()+" "+typeText(p, param.Constraint()))
	}
	if len(params) == 0 {
		return ""
	}
	return "[" + strings.Join(params, ", ") + "]"
}

// signature leaves out the word func, and keeps the names of parameters: they are part of the documentation.
func signature(p *types.Package, f *types.Func) string {
	return strings.TrimPrefix(typeText(p, f.Signature()), "func")
}

func text(p *types.Package, object types.Object) string {
	return types.ObjectString(object, types.RelativeTo(p))
}

func typeText(p *types.Package, t types.Type) string {
	return types.TypeString(t, types.RelativeTo(p))
}

func value(v constant.Value) string { return v.ExactString() }
