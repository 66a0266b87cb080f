package loginhttp

import (
	"encoding/json"
	"strings"
)

// Text is a JSON string without the blanks around it, or a number as it is written: for fields whose type the vendor does not keep
// to. It is empty for any other value, and for what is no JSON.
func Text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return strings.TrimSpace(s)
	}
	var n json.Number
	_ = json.Unmarshal(raw, &n) // where it fails, n is empty
	return n.String()
}
