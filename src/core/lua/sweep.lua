#!lua flags=allow-oom
-- trash, history, tombs → gone, when their time is over, and history beyond its bound. At most `limit` of each a call.
-- KEYS: tasks attempts failures trash trashed completed results tombs idem meta dependants parents kept outbox
-- ARGV: now resultMax limit
-- Reply: { trash removed, history removed, tombs removed }
-- USES: clock envelope dependants
local at_ms = clock_ms()

local expired = redis.call('ZRANGEBYSCORE', trash, '-inf', at_ms, 'LIMIT', 0, limit) -- guard: expired
if #expired > 0 then
  redis.call('ZREM', trash, unpack(expired))
  redis.call('HDEL', trashed, unpack(expired))
  redis.call('HDEL', tasks, unpack(expired))
  redis.call('HDEL', attempts, unpack(expired))
  redis.call('HDEL', failures, unpack(expired))
  for i = 1, #expired do ended(expired[i], 'gone', 0) end
end

local old = redis.call('ZRANGEBYSCORE', completed, '-inf', at_ms, 'LIMIT', 0, limit) -- guard: expired
local over = redis.call('ZCARD', completed) - #old - resultMax
if over > 0 and #old == 0 then old = redis.call('ZRANGE', completed, 0, math.min(over, limit) - 1) end
if #old > 0 then
  redis.call('ZREM', completed, unpack(old))
  redis.call('HDEL', results, unpack(old))
end

local gone = redis.call('ZRANGEBYSCORE', tombs, '-inf', math.floor(at_ms / 1000) * 1048576, 'LIMIT', 0, limit) -- guard: expired
if #gone > 0 then redis.call('ZREM', tombs, unpack(gone)) end
return { #expired, #old, #gone }
