package vendortest

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

func gcoreErrors(errs map[string][]string) reply {
	return jsonReply(http.StatusBadRequest, map[string]any{"errors": errs})
}

func gcoreFieldError(field, text string) reply {
	return gcoreErrors(map[string][]string{field: {text}})
}

func gcoreNoAccount() reply {
	return gcoreFieldError("errors", "No active account found with the given credentials.")
}

func gcoreDetail(status int, detail string) reply {
	return jsonReply(status, map[string]any{"detail": detail})
}

func gcoreBadToken(detail string) reply {
	return jsonReply(http.StatusUnauthorized, map[string]any{"detail": detail, "code": "token_not_valid"})
}

func gcoreThrottled(wait time.Duration) reply {
	return gcoreDetail(http.StatusTooManyRequests, fmt.Sprintf("Request was throttled. Expected available in %d seconds.", wholeSeconds(wait))).retryAfter(wait)
}

func (v *gcoreIAM) failure(status int, _ string) reply {
	if status == http.StatusUnauthorized {
		return gcoreBadToken("Given token not valid for any token type")
	}
	return gcoreDetail(status, cmp.Or(http.StatusText(status), "Error"))
}

func (v *gcoreIAM) unknown(c *call) reply {
	c.broke("there is no such call")
	return gcoreDetail(http.StatusNotFound, "Not found.")
}

// read takes a body of strings apart.
func (v *gcoreIAM) read(c *call, required, optional []string) (map[string]string, *reply) {
	c.onlyOwnHeaders("x-api-key", "Access-Token", "CE-ClientId")
	c.noQuery()
	if !c.isJSON() {
		r := gcoreDetail(http.StatusUnsupportedMediaType, "Unsupported media type in request.")
		return nil, &r
	}
	known := slices.Concat(required, optional)
	o := c.object(known...)
	if o.syntax != nil {
		r := jsonReply(http.StatusBadRequest, map[string]any{"message": "JSON parse error - " + pythonSyntax(c.body, o.syntax)})
		return nil, &r
	}
	values, errs := v.validate(c, o, known, required)
	if len(errs) > 0 {
		r := gcoreErrors(errs)
		return nil, &r
	}
	return values, nil
}

func (v *gcoreIAM) validate(c *call, o object, known, required []string) (map[string]string, map[string][]string) {
	values, errs := map[string]string{}, map[string][]string{}
	fail := func(name, says, problem string) {
		errs[name] = []string{says}
		c.broke("%s %s", c.safe(name), problem)
	}
	for _, name := range known {
		value, is := o.text(name)
		switch {
		case is == absent && slices.Contains(required, name):
			fail(name, "This field is required", "is missing")
		case is == absent:
		case is == null:
			fail(name, "This field may not be null.", "is null")
		case is == other:
			fail(name, "Not a valid string.", "is not a string")
		case value == "":
			fail(name, "This field may not be blank.", "is empty")
		default:
			values[name] = value
		}
	}
	for _, name := range slices.Concat(o.extra, o.twice) {
		errs[name] = []string{"Unexpected field."}
	}
	return values, errs
}

// pythonSyntax words a syntax error as the vendor's JSON parser would.
func pythonSyntax(body []byte, err error) string {
	at := 0
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = int(e.Offset)
	}
	if at > 0 && at < len(body) {
		at-- // Go counts the character that was wrong as read
	}
	before := string(body[:at])
	line := strings.Count(before, "\n") + 1
	column := at - strings.LastIndex(before, "\n")
	return fmt.Sprintf("Expecting value: line %d column %d (char %d)", line, column, at)
}
