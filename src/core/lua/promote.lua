#!lua flags=allow-oom
-- scheduled | retrying → pending, for what is due. Also the pulse of a queue: says when to come again.
-- KEYS: pending_high pending_default pending_low ghosts scheduled cursors wake meta limits
-- ARGV: now limit
-- Reply: { moved, now, next due ms or '', name of a due schedule, its slot ms, … }
-- USES: clock wake limits soonest
local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local at_ms = clock_ms()
local due = redis.call('ZRANGEBYSCORE', scheduled, '-inf', at_ms, 'LIMIT', 0, limit) -- guard: never early
if #due > 0 then
  local have_ghosts = redis.call('HLEN', ghosts) > 0
  local lists = { h = {}, d = {}, l = {} }
  for i = 1, #due do
    local id = string.sub(due[i], 2)
    local list = lists[string.sub(due[i], 1, 1)] or lists.d
    -- An old entry of this id that is still in line is its place again.
    if not have_ghosts or redis.call('HDEL', ghosts, id) == 0 then list[#list + 1] = id end -- guard: only what has no entry in line
  end
  for letter, ids in pairs(lists) do
    if #ids > 0 then redis.call('LPUSH', PENDING[letter], unpack(ids)) end
  end
  redis.call('ZREM', scheduled, unpack(due))
end
-- A token may have gone to a connection that died: while work waits, every pulse leaves one.
local is_limited = redis.call('EXISTS', limits .. 'waiting') == 1
if redis.call('EXISTS', pending_high, pending_default, pending_low) > 0 or (is_limited and any_ready(at_ms)) then
  touch_wake()
end
local next_due = redis.call('ZRANGE', scheduled, 0, 0, 'WITHSCORES')[2] or ''
local next_slot = redis.call('ZRANGE', cursors, 0, 0, 'WITHSCORES')[2]
if next_slot and (next_due == '' or tonumber(next_slot) < tonumber(next_due)) then next_due = next_slot end
local admits_ms = is_limited and next_admission_ms(at_ms)
if admits_ms and (next_due == '' or at_ms + admits_ms < tonumber(next_due)) then
  next_due = math.ceil(at_ms + admits_ms)
end
local reply = { #due, at_ms, next_due }
local slots = redis.call('ZRANGEBYSCORE', cursors, '-inf', at_ms, 'WITHSCORES', 'LIMIT', 0, 100) -- guard: due
for i = 1, #slots do reply[#reply + 1] = slots[i] end
return reply
