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
	says := fmt.Sprintf("Request was throttled. Expected available in %d seconds.", wholeSeconds(wait))
	return gcoreDetail(http.StatusTooManyRequests, says).retryAfter(wait)
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

// read takes a body of strings apart. What is optional may be missing, but not null or empty.
func (v *gcoreIAM) read(c *call, required, optional []string) (map[string]string, *reply) {
	c.onlyOwnHeaders("x-api-key", "Access-Token", "CE-ClientId")
	c.noQuery()
	if !c.isJSON() {
		return nil, new(gcoreDetail(http.StatusUnsupportedMediaType, "Unsupported media type in request."))
	}
	o := c.object(slices.Concat(required, optional)...)
	if o.syntax != nil {
		message := "JSON parse error - " + pythonSyntax(c.body, o.syntax)
		return nil, new(jsonReply(http.StatusBadRequest, map[string]any{"message": message}))
	}
	for _, name := range optional {
		if _, sent := o.fields[name]; sent {
			required = append(required[:len(required):len(required)], name)
		}
	}
	values, flaws := c.texts(o, required)
	if len(flaws) > 0 {
		return nil, new(gcoreErrors(gcoreFlaws(flaws)))
	}
	return values, nil
}

// gcoreFlaws words them as Django REST framework does.
func gcoreFlaws(flaws []flaw) map[string][]string {
	says := map[kind]string{
		absent: "This field is required", null: "This field may not be null.", text: "This field may not be blank.", other: "Not a valid string.",
	}
	errs := map[string][]string{}
	for _, f := range flaws {
		errs[f.field] = []string{says[f.is]}
		if f.extra {
			errs[f.field] = []string{"Unexpected field."}
		}
	}
	return errs
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
