#!lua flags=allow-oom
-- Stops or resumes all claims of a queue. What runs goes on to its end.
-- KEYS: meta wake audit op
-- ARGV: now call by paused
-- Reply: `paused` | `resumed` | `unchanged`
-- USES: clock op wake audit
local was = op_seen()
if was then return was end -- guard: repeated call

local is_paused = redis.call('HEXISTS', meta, 'paused') == 1
if is_paused == (paused == '1') then return op_done('unchanged') end -- guard: no change
if paused == '1' then
  redis.call('HSET', meta, 'paused', by .. '|' .. clock_ms())
else
  redis.call('HDEL', meta, 'paused')
  touch_wake()
end
audit_add(paused == '1' and 'pause' or 'resume', by, 1, '')
return op_done(paused == '1' and 'paused' or 'resumed')
