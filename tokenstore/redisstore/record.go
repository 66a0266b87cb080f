package redisstore

import (
	"bytes"
	"slices"
)

// A record is one string: the format, the version, a newline, and the blob, which is not empty. So one GET loads it whole, and a
// script can tell the version by the first 32 bytes.
const (
	format        = "vl1:"
	versionLength = 26 // of rand.Text
	headerLength  = len(format) + versionLength + len("\n")
)

func joinRecord(version string, data []byte) []byte {
	return slices.Concat([]byte(format), []byte(version), []byte("\n"), data)
}

func splitRecord(value []byte) (data []byte, version string, ok bool) {
	if len(value) <= headerLength || !bytes.HasPrefix(value, []byte(format)) || value[headerLength-1] != '\n' {
		return nil, "", false
	}
	return value[headerLength:], string(value[len(format) : headerLength-1]), true
}
