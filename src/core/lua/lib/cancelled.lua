-- The end of a cancelled task, whatever place it was just taken from.
-- NEEDS: tasks cancels attempts failures reaped completed results resultTtlMs
-- USES: envelope tally limits dependants
local function end_cancelled(id, at_ms)
  local _, name, extras = parse_header(redis.call('HGET', tasks, id))
  redis.call('HDEL', tasks, id)
  redis.call('HDEL', cancels, id)
  redis.call('HDEL', attempts, id)
  redis.call('HDEL', failures, id)
  redis.call('HDEL', reaped, id)
  let_go(id, extras, at_ms, false)
  limits_freed({ id }, true)
  local record = '{"t":"' .. name .. '","s":"cancelled","f":' .. at_ms .. '}'
  if tonumber(resultTtlMs) > 0 then
    redis.call('ZADD', completed, at_ms + resultTtlMs, id)
    redis.call('HSET', results, id, record)
  end
  ended(id, 'gone', 0, record)
  tally('cancelled', name, 1)
end
