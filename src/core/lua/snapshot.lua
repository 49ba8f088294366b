#!lua flags=no-writes
-- Everything the first screen shows of a queue, in one consistent look whose cost does not grow with the queue.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled holders leases grants dead trash completed counters series meta cursors limits blocked
-- ARGV: now
-- Reply: { now, LLEN high, default, low, ghosts, scheduled, active, leases, grants' left, dead, trash, completed, tasks, limited,
--   { next id in line per priority }, soonest due, paused, schedules, counters flat, last second of the series, its last 16 slots flat, blocked }
-- USES: clock
local at_ms = redis_ms()

-- -1 when there are too many grants to count in one look.
local function grants_left()
  if redis.call('ZCARD', leases) > 5000 then return -1 end
  local left = 0
  for from = 0, 4500, 500 do
    local fields = redis.call('ZRANGE', leases, from, from + 499)
    if #fields == 0 then break end
    for i = 1, #fields do fields[i] = fields[i] .. ':left' end
    local counts = redis.call('HMGET', grants, unpack(fields))
    for i = 1, #counts do left = left + tonumber(counts[i] or 0) end
  end
  return left
end

-- The last second written, and the last 16 slots up to it, oldest first, four counts each.
local function recent()
  local head = redis.call('GETRANGE', series, 0, 7)
  if #head < 8 then return 0, {} end
  local last = struct.unpack('>I4', head)
  local from = (last - 15) % 900
  local first = math.min(16, 900 - from)
  local slots = redis.call('GETRANGE', series, 8 + from * 16, 8 + (from + first) * 16 - 1)
  if first < 16 then slots = slots .. redis.call('GETRANGE', series, 8, 8 + (16 - first) * 16 - 1) end
  local counts = {}
  for i = 1, 64 do counts[i] = struct.unpack('>I4', slots, i * 4 - 3) end
  return last, counts
end

local last, counts = recent()
return {
  at_ms,
  redis.call('LLEN', pending_high), redis.call('LLEN', pending_default), redis.call('LLEN', pending_low),
  redis.call('HLEN', ghosts), redis.call('ZCARD', scheduled), redis.call('HLEN', holders),
  redis.call('ZCARD', leases), grants_left(), redis.call('ZCARD', dead), redis.call('ZCARD', trash),
  redis.call('ZCARD', completed), redis.call('HLEN', tasks),
  redis.call('HLEN', limits .. 'waiting'),
  { redis.call('LINDEX', pending_high, -1) or '', redis.call('LINDEX', pending_default, -1) or '',
    redis.call('LINDEX', pending_low, -1) or '' },
  redis.call('ZRANGE', scheduled, 0, 0, 'WITHSCORES')[2] or '',
  redis.call('HGET', meta, 'paused') or '',
  redis.call('ZCARD', cursors),
  redis.call('HGETALL', counters), last, counts, redis.call('ZCARD', blocked),
}
