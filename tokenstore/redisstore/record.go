package redisstore

import (
	"bytes"
	"math"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	maxKey  = 128
	maxBlob = 64<<10 + 1<<10 // what a Client saves, and room for the seal around it
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

// milliseconds rounds up, and never to 0: Redis refuses a life of 0. The cap, of 292 years, keeps what it makes of it in range.
func milliseconds(d time.Duration) int64 {
	return min(int64((d-1)/time.Millisecond)+1, math.MaxInt64/int64(time.Millisecond))
}

// currentVersion begins the scripts that compare versions. It must see a record exactly where splitRecord does: what Load calls no
// record, Save with "" has to replace. (pcall: another type than a string is no record either.)
const currentVersion = `
local head = redis.pcall('GETRANGE', KEYS[1], 0, 31)
local current = ''
if type(head) == 'string' and #head == 32 and string.sub(head, 1, 4) == 'vl1:' and string.sub(head, 31, 31) == '\n' then
	current = string.sub(head, 5, 30)
end
`

// The scripts. go-redis sends one again when the answer was lost on the way, so each that could then mistake its own work for a
// stranger's looks for that.
var (
	// ARGV: version that must be current, next version, record, milliseconds
	saveScript = redis.NewScript(currentVersion + `
if current == ARGV[2] then return 1 end
if current ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
`)

	// ARGV: version that must be current
	deleteScript = redis.NewScript(currentVersion + `
if current == '' then return 1 end
if current ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
`)

	// ARGV: owner, milliseconds
	lockScript = redis.NewScript(`
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

	// ARGV: owner, milliseconds
	extendScript = redis.NewScript(`
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

	// ARGV: owner. Sent again after it has worked, it answers that the lock is no longer ours, which is so.
	unlockScript = redis.NewScript(`
if redis.pcall('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
return 1
`)
)
