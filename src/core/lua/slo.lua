#!lua flags=allow-oom
-- Sets the objective of a queue, `<wait ms>|<target>`, or clears it. What was counted against another wait goes.
-- KEYS: meta waits audit op
-- ARGV: now call by slo
-- Reply: `set` | `cleared` | `unchanged`
-- USES: clock op audit
local was = op_seen()
if was then return was end -- guard: repeated call

local old = redis.call('HGET', meta, 'slo') or ''
if old == slo then return op_done('unchanged') end -- guard: no change
if string.match(old, '^%d+') ~= string.match(slo, '^%d+') then redis.call('DEL', waits) end
if slo == '' then redis.call('HDEL', meta, 'slo') else redis.call('HSET', meta, 'slo', slo) end
audit_add('slo', by, 1, slo == '' and 'cleared' or slo)
return op_done(slo == '' and 'cleared' or 'set')
