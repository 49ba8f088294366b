-- How a task stands to those who depend on it: `live`, `done`, `gone`, or `dead` and the mark of its death; nil when nobody knows
-- it. What is in the trash can still come back: it is dead. Beside it the record of a finished one.
-- NEEDS: tasks dead trashed results kept dependants
local function outcome_of(id)
  if redis.call('HEXISTS', tasks, id) == 1 then
    local died = redis.call('ZSCORE', dead, id) or string.match(redis.call('HGET', trashed, id) or '', '^(%d+)|')
    if died then return 'dead', math.max(died, redis.call('HGET', dependants, id) or 0) end
    return 'live', 0
  end
  local record = redis.call('HGET', kept, id) or redis.call('HGET', results, id)
  if not record then return nil end
  return string.match(record, '^{"t":"[^"]*","s":"cancelled"') and 'gone' or 'done', 0, record
end

-- Notes that others depend on a task; of one that is dead with the mark of its death.
local function has_dependants(id, mark)
  if mark > 0 then redis.call('HSET', dependants, id, mark) else redis.call('HSETNX', dependants, id, 1) end
end
