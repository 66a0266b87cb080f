package redisstore

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// commands are the ones that a Store uses. A script marks the one that failed, and some servers quote it.
var commands = []string{"EVALSHA", "EVAL", "GETRANGE", "GET", "SET", "DEL", "PEXPIRE", "PTTL"}

var (
	marked = regexp.MustCompile(`\[in ([A-Z]+)\]`)
	quoted = regexp.MustCompile(`'([a-zA-Z]+)'`)
)

// replyReason describes an error reply to sent in words of ours: what a server or a proxy says may quote the command, and with it a
// blob. It names the command, which is what an operator needs to give a right that is missing.
func replyReason(reply, sent string) string {
	command := cmp.Or(commandIn(reply, marked), commandIn(reply, quoted), sent)
	switch {
	case strings.Contains(reply, "access at least one of the keys"), strings.Contains(reply, "access one of the keys"):
		return command + ": the Redis user has no right to the store's keys (NOPERM)"
	case strings.Contains(reply, "NOPERM"), strings.Contains(reply, "can't run this command"):
		return command + ": the Redis user has no right to this command (NOPERM)"
	case strings.Contains(reply, "nknown command"), strings.Contains(reply, "nknown Redis command"):
		return command + ": the server has no such command, or has it under another name (unknown command)"
	case strings.Contains(reply, "WRONGTYPE"):
		return command + ": what is under the key is no string, and not ours (WRONGTYPE)"
	}
	// The kind may be anywhere: servers before version 7 put the error of a command in a script behind words about the script.
	kinds := []string{"READONLY", "LOADING", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "NOREPLICAS", "MISCONF", "OOM", "BUSY",
		"NOAUTH", "WRONGPASS", "CROSSSLOT", "NOSCRIPT", "max number of clients"}
	if i := slices.IndexFunc(kinds, func(kind string) bool { return strings.Contains(reply, kind) }); i >= 0 {
		return fmt.Sprintf("%s: the server returned an error: %s", command, kinds[i])
	}
	return command + ": the server returned an error"
}

// commandIn returns the first of our commands that reply names in that way.
func commandIn(reply string, way *regexp.Regexp) string {
	for _, match := range way.FindAllStringSubmatch(reply, -1) {
		if name := strings.ToUpper(match[1]); slices.Contains(commands, name) {
			return name
		}
	}
	return ""
}
