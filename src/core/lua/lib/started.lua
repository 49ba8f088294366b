-- The run of a schedule as a task: whether the one before goes on, and the new one.
-- NEEDS: tasks pending_high pending_default pending_low ghosts scheduled tombs dead trash meta
-- USES: tally wake runs
local LINE_OF = { h = pending_high, d = pending_default, l = pending_low }

local function is_under_way(id)
  return redis.call('HEXISTS', tasks, id) == 1 and not redis.call('ZSCORE', dead, id) and not redis.call('ZSCORE', trash, id)
end

local function is_known(id)
  return redis.call('HEXISTS', tasks, id) == 1 or redis.call('ZSCORE', tombs, id)
end

-- @param s the runs of the schedule, see `runs.lua`; the caller stores them.
-- @param due ms; in line at once when that has come.
local function start(s, run, id, priority, name, envelope, due, at_ms)
  redis.call('HSET', tasks, id, envelope)
  if due > at_ms then
    redis.call('ZADD', scheduled, string.format('%.0f', due), priority .. id)
    nudge(string.format('%.0f', due))
  else
    if redis.call('HDEL', ghosts, id) == 0 then redis.call('LPUSH', LINE_OF[priority], id) end -- guard: only what has no entry in line
    touch_wake()
  end
  if #envelope > tonumber(redis.call('HGET', meta, 'maxbytes') or 0) then redis.call('HSET', meta, 'maxbytes', #envelope) end
  tally('enqueued', name, 1)
  series_add(at_ms, ENQUEUED, 1)
  s.last = run
  local mark = string.sub(run, 1, 1) == 't' and 't ' .. string.sub(run, 2) or 'f ' .. run
  table.insert(s.lines, 1, string.format('%s %.0f', mark, at_ms))
end
