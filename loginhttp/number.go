package loginhttp

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// jsonNumber reads a number as JSON writes it. A number too large for a float64 is not ok.
func jsonNumber(s string) (float64, bool) {
	if !json.Valid([]byte(s)) {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// decimal reads digits with or without a sign and a point. A number too large for a float64 is infinite.
func decimal(s string) (float64, bool) {
	if strings.Trim(s, "+-.0123456789") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}
