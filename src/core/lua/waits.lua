#!lua flags=allow-oom
-- Counts tasks that began to run, and those of them that had waited longer than the objective of their queue allows, by
-- the minute of the last six hours. Statistics: no transition depends on it.
-- KEYS: waits meta op
-- ARGV: now call waitMs total late
-- Reply: `counted` | `stale`: the queue has another objective now
-- USES: clock op
local was = op_seen()
if was then return was end -- guard: repeated call

local objective = string.match(redis.call('HGET', meta, 'slo') or '', '^(%d+)|')
if objective ~= waitMs then return op_done('stale') end -- guard: its own objective
local MINUTES, SIX_HOURS = 360, 21600000
local minute = math.floor(clock_ms() / 60000)
local kept = string.match(redis.call('HGET', waits, minute % MINUTES) or '', '^' .. string.format('%d', minute) .. '|(.*)$')
local had_total, had_late = string.match(kept or '', '^(%d+)|(%d+)$')
redis.call('HSET', waits, minute % MINUTES,
  string.format('%d|%d|%d', minute, (tonumber(had_total) or 0) + total, (tonumber(had_late) or 0) + late))
redis.call('PEXPIRE', waits, SIX_HOURS)
return op_done('counted')
