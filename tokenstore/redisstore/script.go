package redisstore

import "github.com/redis/go-redis/v9"

// Scripts return 1 for yes and 0 for no. go-redis sends a script again when the response was lost on the way, so each script that could
// then mistake its own work for a stranger's checks for that.
//
// An error of Redis ends the script, with its own text, behind which comes the command that it was about: servers name only some. It is
// never taken for "nothing there". One error says nothing about a server: WRONGTYPE, where somebody else keeps something under our key.
// (Since version 7, pcall makes a string of an error's table.)
const (
	scriptStart = `
local function call(command, ...)
	local reply = redis.pcall(command, ...)
	if type(reply) == 'table' and reply.err then
		error({err = reply.err .. ' [in ' .. command .. ']'})
	end
	return reply
end

local function words(err)
	if type(err) == 'table' then return err.err end
	return err
end

local function text(command, ...)
	local ok, reply = pcall(call, command, ...)
	if ok then return reply end
	if string.find(words(reply), 'WRONGTYPE', 1, true) then return false end
	error(reply, 0)
end

local function script()
`
	scriptEnd = `
end

local ok, result = pcall(script)
if ok then return result end
return {err = words(result)}
`
)

// currentVersion begins the scripts that compare versions. It must see a record exactly where splitRecord does: what Load calls no
// record, Save with "" has to replace.
const currentVersion = `
local head = text('GETRANGE', KEYS[1], 0, 31)
local current = ''
if head and #head == 32 and string.sub(head, 1, 4) == 'vl1:' and string.sub(head, 31, 31) == '\n' then
	current = string.sub(head, 5, 30)
end
`

var (
	// ARGV: version that must be current, next version, record, milliseconds
	saveScript = newScript(currentVersion + `
if current == ARGV[2] then return 1 end
if current ~= ARGV[1] then return 0 end
call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
return 1
`)

	// ARGV: version that must be current
	deleteScript = newScript(currentVersion + `
if current == '' then return 1 end
if current ~= ARGV[1] then return 0 end
call('DEL', KEYS[1])
return 1
`)

	// ARGV: owner, milliseconds. The owner ends with ":" and the milliseconds that its lock lasts. A lock that has no end, or a later one
	// than that, is not as it was made; it gets one lease more. One hour is for owners of earlier versions, who do not say how long.
	lockScript = newScript(`
if call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return 1 end
local owner = call('GET', KEYS[1]) or ''
if owner == ARGV[1] then
	call('PEXPIRE', KEYS[1], ARGV[2])
	return 1
end
local left = call('PTTL', KEYS[1])
local longest = tonumber(string.match(owner, ':(%d+)$') or 3600000)
if left < 0 or left > longest then
	call('PEXPIRE', KEYS[1], ARGV[2])
end
return 0
`)

	// ARGV: owner, milliseconds
	extendScript = newScript(`
if text('GET', KEYS[1]) ~= ARGV[1] then return 0 end
call('PEXPIRE', KEYS[1], ARGV[2])
return 1
`)

	// ARGV: owner. Sent again after it has worked, it says that the lock is no longer ours, which is so.
	unlockScript = newScript(`
if text('GET', KEYS[1]) ~= ARGV[1] then return 0 end
call('DEL', KEYS[1])
return 1
`)
)

func newScript(body string) *redis.Script { return redis.NewScript(scriptStart + body + scriptEnd) }
