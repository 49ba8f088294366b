#!lua flags=allow-oom
-- Proves that nothing waits for room that is there: slots of tasks that do not run are given back, and lines that wait for a
-- slot or a time are asked again, whatever the clock or a change of limits did to them. Also forgets when the next start of a rate was due, once that is over. At most 100 lines of
-- each priority, and about 500 rates a call, in turn.
-- KEYS: limits holders wake meta
-- ARGV: now from cursor
-- from, cursor: where to go on; -1 when that side is done.
-- Reply: { slots given back, lines asked again, where to go on or 0, cursor to go on or 0 }
-- USES: clock wake limits
local at_ms = redis_ms()
local given, asked, next_from = 0, 0, 0

local function give_back(base)
  local slots = limits .. 'slots:' .. base
  local ids = redis.call('SRANDMEMBER', slots, 100)
  if #ids == 0 then return end
  local held = redis.call('HMGET', holders, unpack(ids))
  for i = 1, #ids do
    if not held[i] then given = given + redis.call('SREM', slots, ids[i]) end -- guard: only of tasks that do not run
  end
end

for _, ready in pairs(READY) do
  local bases = tonumber(from) < 0 and {} or redis.call('ZRANGE', ready, from, from + 99, 'WITHSCORES')
  for i = 1, #bases, 2 do
    if tonumber(bases[i + 1]) > at_ms then -- guard: it waits
      give_back(bases[i])
      redis.call('ZADD', ready, at_ms, bases[i])
      asked = asked + 1
    end
  end
  if #bases == 200 then next_from = from + 100 end
end
if asked > 0 then touch_wake() end
local due = limits .. 'due'
local next_cursor, dues = '0', {}
if tonumber(cursor) >= 0 then next_cursor, dues = unpack(redis.call('HSCAN', due, cursor, 'COUNT', 500)) end
for i = 1, #dues, 2 do
  if tonumber(dues[i + 1]) <= at_ms then redis.call('HDEL', due, dues[i]) end -- guard: it is over
end
return { given, asked, next_from, tonumber(next_cursor) }
