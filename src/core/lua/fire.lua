#!lua
-- none → pending, once per slot of a schedule, by compare-and-set of its cursor: any number of daemons may try.
-- KEYS: tasks pending_high pending_default pending_low ghosts tombs counters series wake meta cursors idem
-- ARGV: now name expected next priority type id envelope
-- expected: the slot the caller saw, or '' to set the cursor of a new schedule. next: the slot after it, or '' to end it.
-- Reply: `fired` | `set` | `early` | `moved`
-- USES: clock tally wake envelope
local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local at_ms = clock_ms()
local slot = redis.call('ZSCORE', cursors, name)
if expected == '' then
  if slot then return 'moved' end -- guard: the schedule has a cursor
  redis.call('ZADD', cursors, next, name)
  redis.call('PUBLISH', wake, next)
  return 'set'
end
if slot ~= expected then return 'moved' end -- guard: nobody fired this slot
if tonumber(slot) > at_ms then return 'early' end -- guard: never early
if next == '' then redis.call('ZREM', cursors, name) else redis.call('ZADD', cursors, next, name) end
-- The id is made of name and slot: a second barrier, should a cursor ever be lost.
if redis.call('HEXISTS', tasks, id) == 1 or redis.call('ZSCORE', tombs, id) then return 'moved' end -- guard: id is new
redis.call('HSET', tasks, id, envelope)
if redis.call('HDEL', ghosts, id) == 0 then redis.call('LPUSH', PENDING[priority], id) end
if #envelope > tonumber(redis.call('HGET', meta, 'maxbytes') or 0) then redis.call('HSET', meta, 'maxbytes', #envelope) end
tally('enqueued', type, 1)
series_add(at_ms, ENQUEUED, 1)
touch_wake()
return 'fired'
