#!lua flags=allow-oom
-- dead → trash, kept until `trashMs` have passed, or with trashMs 0 gone at once.
-- KEYS: tasks attempts failures dead trash trashed counters series meta audit idem tombs op
-- ARGV: now call by operation trashMs ids...
-- Reply: letters `p` purged, `n` not dead
-- USES: clock op tally envelope audit
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, n = {}, 0

local function purge(id)
  local died = redis.call('ZSCORE', dead, id)
  if not died then return 'n' end -- guard: dead
  local _, name = parse_header(redis.call('HGET', tasks, id))
  redis.call('ZREM', dead, id)
  if tonumber(trashMs) > 0 then
    redis.call('ZADD', trash, at_ms + trashMs, id)
    redis.call('HSET', trashed, id, died .. '|' .. operation)
  else
    redis.call('HDEL', tasks, id)
    redis.call('HDEL', attempts, id)
    redis.call('HDEL', failures, id)
  end
  tally('purged', name, 1)
  return 'p'
end

for i = ids, #ARGV do
  out[#out + 1] = purge(ARGV[i])
  if out[#out] == 'p' then n = n + 1 end
end
if n > 0 then audit_add('purge', by, n, operation) end
return op_done(letters(out))
