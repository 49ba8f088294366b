-- Limits. A task under a limit that has no room waits in a line of that limit, `limits:line:<priority>:<base>`, by its turn;
-- `limits:waiting` tells the line of each, and is what the books count. A base is `q` (the queue), `t:<type>`, or
-- `t:<type>#<key>`. `limits:ready:<priority>` has every line that is not empty, by the time from which it may have room:
-- a rate tells when, and a full set of slots NEVER, until one of them is freed. `limits:turns` keeps of each task under a limit
-- its turn, and the bases of which it holds a slot: `turn|base base`.
-- Where a wider limit stops the first of a line, that one alone goes into the wider line, by the time it came there, so that the
-- lines take turns; `limits:waiting` then also names the lines it left, `<priority>:<base><<line>,<line>`, which wait like for
-- a slot until it has started or left.
-- NEEDS: limits wake
-- USES: wake clock
local TURNS, WAITING = limits .. 'turns', limits .. 'waiting'
local READY = { h = limits .. 'ready:h', d = limits .. 'ready:d', l = limits .. 'ready:l' }
local NEVER = 9007199254740991

local function line_of(priority, base)
  return limits .. 'line:' .. priority .. ':' .. base
end

-- The priority and base of the line in which a task waits, and the lines that it left for that.
local function parse_place(where)
  return string.match(where or '', '^([hdl]):([^<]*)<?(.*)$')
end

-- Lines whose first one has left them for a wider limit are asked again. Says whether there is one.
local function reopen_lines(priority, left)
  local any = false
  for base in string.gmatch(left or '', '[^,]+') do
    if redis.call('EXISTS', line_of(priority, base)) == 1 then
      redis.call('ZADD', READY[priority], redis_ms(), base)
      any = true
    end
  end
  return any
end

-- A line that waits for a slot may go on. Says whether there is one.
local function limit_opened(base, at_ms)
  local any = false
  for priority, ready in pairs(READY) do
    if tonumber(redis.call('ZSCORE', ready, base) or 0) == NEVER then -- guard: it waits for a slot
      redis.call('ZADD', ready, at_ms, base)
      any = true
    end
  end
  return any
end

-- Gives the slots of tasks back that no longer run, each once. `at_end`: the tasks are final and need no turn any more.
local function limits_freed(ids, at_end)
  -- Most queues have no task under a limit.
  if redis.call('EXISTS', TURNS) == 0 then return end
  local records, freed = redis.call('HMGET', TURNS, unpack(ids)), {}
  for i = 1, #ids do
    if records[i] then
      local turn, bases = string.match(records[i], '^(%d+)|(.*)$')
      for base in string.gmatch(bases or '', '%S+') do
        if redis.call('SREM', limits .. 'slots:' .. base, ids[i]) == 1 then freed[base] = true end -- guard: freed once
      end
      if at_end then redis.call('HDEL', TURNS, ids[i])
      elseif bases ~= '' then redis.call('HSET', TURNS, ids[i], (turn or '0') .. '|') end
    end
  end
  local any, at_ms = false, nil
  for base in pairs(freed) do
    at_ms = at_ms or redis_ms()
    if limit_opened(base, at_ms) then any = true end
  end
  if any then touch_wake() end
end

-- Whether a task that is said to wait really stands in its line; what does not is no place.
local function stands_in_line(id)
  local priority, base = parse_place(redis.call('HGET', WAITING, id))
  if priority and redis.call('ZSCORE', line_of(priority, base), id) then
    redis.call('ZADD', READY[priority], 'NX', 0, base)
    return true
  end
  redis.call('HDEL', WAITING, id)
  return false
end

-- Takes a task out of the line in which it waits. Says whether it waited.
local function leave_line(id)
  local where = redis.call('HGET', WAITING, id)
  if not where then return false end
  local priority, base, left = parse_place(where)
  if priority then
    local line = line_of(priority, base)
    redis.call('ZREM', line, id)
    if redis.call('EXISTS', line) == 0 then redis.call('ZREM', READY[priority], base) end
    if reopen_lines(priority, left) then touch_wake() end
  end
  redis.call('HDEL', WAITING, id)
  return true
end
