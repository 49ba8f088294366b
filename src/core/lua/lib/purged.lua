-- dead → trash, for one task, kept until `keep_ms` have passed; with 0 gone at once.
-- NEEDS: tasks attempts failures dead trash trashed
-- USES: tally envelope groups dependants
local function purge(id, at_ms, keep_ms, by_operation)
  local died = redis.call('ZSCORE', dead, id)
  if not died then return 'n' end -- guard: dead
  local _, name = parse_header(redis.call('HGET', tasks, id))
  redis.call('ZREM', dead, id)
  group_leave(id)
  if keep_ms > 0 then
    redis.call('ZADD', trash, at_ms + keep_ms, id)
    redis.call('HSET', trashed, id, died .. '|' .. by_operation)
  else
    redis.call('HDEL', tasks, id)
    redis.call('HDEL', attempts, id)
    redis.call('HDEL', failures, id)
    ended(id, 'gone', 0)
  end
  tally('purged', name, 1)
  return 'p'
end
