package vendortest

import (
	"cmp"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// gRPC status numbers.
const (
	grpcUnknown           = 2
	grpcInvalidArgument   = 3
	grpcNotFound          = 5
	grpcPermissionDenied  = 7
	grpcResourceExhausted = 8
	grpcPrecondition      = 9
	grpcInternal          = 13
	grpcUnavailable       = 14
	grpcUnauthenticated   = 16
)

func grpcReply(status, code int, message string) reply {
	r := jsonReply(status, struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{code, message})
	if status == http.StatusUnauthorized {
		r = r.with("WWW-Authenticate", message)
	}
	return r
}

func unauthenticated(message string) reply {
	return grpcReply(http.StatusUnauthorized, grpcUnauthenticated, message)
}

func invalidArgument(format string, args ...any) reply {
	return grpcReply(http.StatusBadRequest, grpcInvalidArgument, fmt.Sprintf(format, args...))
}

// exhausted has no Retry-After: the gateway lets no such header out.
func exhausted(message string) reply {
	return grpcReply(http.StatusTooManyRequests, grpcResourceExhausted, message)
}

func internal(message string) reply {
	return grpcReply(http.StatusInternalServerError, grpcInternal, message)
}

// noDatabase is what login, refresh and logout say while the database is away.
func noDatabase() reply { return internal("failed to connect to the database") }

// noEmailCodes is what a server says that sends none.
func noEmailCodes() reply {
	return grpcReply(http.StatusBadRequest, grpcPrecondition, "email code login is not enabled")
}

func (v *genericAuth) failure(status int, code string) reply {
	n, err := strconv.Atoi(code)
	if err != nil {
		n = map[int]int{
			400: grpcInvalidArgument, 401: grpcUnauthenticated, 403: grpcPermissionDenied, 404: grpcNotFound, 409: 10,
			429: grpcResourceExhausted, 499: 1, 500: grpcInternal, 501: 12, 503: grpcUnavailable, 504: 4,
		}[status]
	}
	return grpcReply(status, cmp.Or(n, grpcUnknown), strings.ToLower(cmp.Or(http.StatusText(status), "error")))
}

// genericLoginRequest is the body of a login. A nil pointer is a field that is
// absent or null.
type genericLoginRequest struct {
	email, password, idpName string
	otpCode, recoveryCode    *string
	mfaTempToken, emailCode  string
	web                      bool
	contextKind, idpCode     string // of idpContext
}

func (in genericLoginRequest) hasContext() bool { return in.contextKind != "" }

// protoError is worded as the protobuf decoder words it, no-break space and
// echo of the value included.
func protoError(at int64, format string, args ...any) *reply {
	return new(invalidArgument("proto:\u00a0(line 1:%d): %s", at+1, fmt.Sprintf(format, args...)))
}

func (v *genericAuth) read(c *call) (in genericLoginRequest, bad *reply) {
	o := c.object("email", "password", "web", "idpName", "idpContext", "otpCode", "recoveryCode", "mfaTempToken", "emailCode")
	if o.empty {
		return in, nil
	}
	if bad = protoShape(o); bad != nil {
		return in, bad
	}
	texts := map[string]*string{
		"email": &in.email, "password": &in.password, "emailCode": &in.emailCode, "idpName": &in.idpName, "mfaTempToken": &in.mfaTempToken,
	}
	for _, name := range []string{"email", "password", "emailCode", "idpName", "otpCode", "recoveryCode", "mfaTempToken"} {
		value, is := o.text(name)
		switch {
		case is == other:
			c.broke("%s is not a string", name)
			return in, protoError(o.fields[name].end, "invalid value for string field %s: %s", name, o.fields[name].raw)
		case is != text:
		case name == "otpCode":
			in.otpCode = &value
		case name == "recoveryCode":
			in.recoveryCode = &value
		default:
			*texts[name] = value
		}
	}
	switch web := o.fields["web"]; string(web.raw) {
	case "true":
		in.web = true
	case "", "null", "false":
	default:
		c.broke("web is not a boolean")
		return in, protoError(web.end, "invalid value for bool field web: %s", web.raw)
	}
	in.email = strings.ToLower(strings.TrimSpace(in.email)) // before anything else
	bad = readContext(c, o, &in)
	return in, bad
}

// protoShape reports what the decoder rejects before it looks at values.
func protoShape(o object) *reply {
	switch {
	case o.syntax != nil:
		return protoError(0, "syntax error: %v", o.syntax)
	case len(o.extra) > 0:
		return protoError(o.fields[o.extra[0]].end, "unknown field %q", o.extra[0])
	case len(o.twice) > 0:
		return protoError(o.fields[o.twice[0]].end, "duplicate field %q", o.twice[0])
	}
	return nil
}

// readContext reads idpContext, which holds exactly one of two contexts.
func readContext(c *call, o object, in *genericLoginRequest) *reply {
	f, sent := o.fields["idpContext"]
	if !sent || string(f.raw) == "null" {
		return nil
	}
	ctx := parseObject(f.raw, []string{"oauth2Context", "oidcContext"})
	switch {
	case ctx.syntax != nil || ctx.empty:
		c.broke("idpContext is not an object")
		return protoError(f.end, "unexpected token %s", f.raw)
	case len(ctx.extra) > 0 || len(ctx.twice) > 0:
		c.broke("idpContext has an unknown or doubled field")
		return protoError(f.end, "unknown field in idpContext")
	case ctx.isSet("oauth2Context") && ctx.isSet("oidcContext"):
		c.broke("idpContext has both contexts")
		return protoError(f.end, `error parsing "oidcContext", oneof context is already set`)
	}
	for name, member := range ctx.fields {
		if !ctx.isSet(name) {
			continue
		}
		inner := parseObject(member.raw, []string{"code"})
		code, is := inner.text("code")
		if inner.syntax != nil || len(inner.extra) > 0 || len(inner.twice) > 0 || is == other {
			c.broke("%s is not an object with a code", name)
			return protoError(f.end, "unexpected token %s", member.raw)
		}
		in.contextKind, in.idpCode = strings.TrimSuffix(name, "Context"), code
	}
	return nil
}
