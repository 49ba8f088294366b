-- dead → pending | blocked, for one task: retries and crashes start anew, the count of attempts goes on.
-- NEEDS: tasks pending_high pending_default pending_low ghosts attempts dead idem tombs blocked edges
-- USES: clock tally envelope attempts groups
local LINES = { h = pending_high, d = pending_default, l = pending_low }

-- Gives the letter of the answer, and for `d` the owner of its idempotency key, or of what makes it unique.
local function replay(id)
  if not redis.call('ZSCORE', dead, id) then return 'n' end -- guard: dead
  local priority, name, extras = parse_header(redis.call('HGET', tasks, id))
  local rival = unique_owner(extras)
  if rival and rival ~= id then return 'd', rival end -- guard: uniqueness is taken
  local sha = extra(extras, 'i')
  if sha then
    local owner = redis.call('GET', idem .. sha)
    if owner and owner ~= id then return 'd', owner end -- guard: idempotency key is taken
    redis.call('SET', idem .. sha, id)
  end
  unique_take(id, extras)
  redis.call('ZREM', dead, id)
  group_leave(id)
  redis.call('ZREM', tombs, id)
  local a = attempts_of(redis.call('HGET', attempts, id))
  attempts_put(id, { a[RUNS], 0, 0, 0, 0, 0 })
  if redis.call('HEXISTS', edges, id) == 1 then -- guard: all its parents
    redis.call('ZADD', blocked, redis_ms(), id)
  elseif redis.call('HDEL', ghosts, id) == 0 then
    redis.call('LPUSH', LINES[priority], id)
  end
  tally('replayed', name, 1)
  return 'r'
end
