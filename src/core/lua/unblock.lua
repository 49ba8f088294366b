#!lua flags=allow-oom
-- blocked → pending | scheduled | dead `parent_failed`: brings to tasks how their parents ended. Naturally repeatable, so it
-- keeps no answers: an edge is closed once, and a death of a parent is heard of once.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled blocked parents edges dependants kept outbox attempts dead failures groups counters series wake meta idem tombs limits
-- ARGV: now items...
-- items: per edge `parent outcome mark id`; parent: `queue/id`, outcome: `done`, `dead` or `gone`, mark: of its death; or
--   outcome `recount`, for a task whose count of open edges may be wrong.
-- Reply: a letter per edge, in order: `u` unblocked, `d` dead, `n` noted, `k` known before
-- USES: clock tally wake envelope dependants attempts groups die blocked limits
local at_ms = clock_ms()
local out, deaths, any_now, soonest = {}, 0, false, nil

-- Gives how many are left open.
local function close(id, edge)
  redis.call('HDEL', edges, edge)
  local open = redis.call('HINCRBY', edges, id, -1)
  if open <= 0 then redis.call('HDEL', edges, id) end
  return open
end

local function fail(id, parent)
  if redis.call('ZREM', blocked, id) == 0 then return 'n' end -- guard: blocked
  die_of_parent(id, parent, at_ms)
  deaths = deaths + 1
  return 'd'
end

local function free(id)
  if redis.call('ZREM', blocked, id) == 0 then return 'n' end -- guard: blocked
  local when, time = string.match(redis.call('HGET', parents, id) or '', '^(%l+) (%d+)')
  local due = set_free(id, when, time, at_ms)
  if not due then any_now = true
  elseif not soonest or due < soonest then soonest = due end
  return 'u'
end

-- What was damaged must not block a task for ever: its edges count, not their number.
local function recount(id)
  local open = 0
  for parent in string.gmatch(redis.call('HGET', parents, id) or '', '%S+/%S+') do
    open = open + redis.call('HEXISTS', edges, id .. ' ' .. parent)
  end
  if open > 0 then -- guard: all its parents
    redis.call('HSET', edges, id, open)
    return 'n'
  end
  redis.call('HDEL', edges, id)
  return free(id)
end

local function bring(parent, outcome, mark, id)
  if outcome == 'recount' then return recount(id) end
  local edge = id .. ' ' .. parent
  local policy, known = string.match(redis.call('HGET', edges, edge) or '', '^(%l)(%d+)$')
  if not policy then return 'k' end -- guard: the edge is open
  if outcome == 'dead' and policy ~= 'i' then
    if tonumber(mark) <= tonumber(known) then return 'k' end -- guard: a death it has not heard of
    redis.call('HSET', edges, edge, policy .. mark)
    if policy == 'w' then return 'n' end -- guard: it waits for a replay
    return fail(id, parent)
  end
  local open = close(id, edge)
  if outcome == 'gone' and policy ~= 'i' then return fail(id, parent) end
  if open > 0 then return 'n' end -- guard: all its parents
  return free(id)
end

for i = items, #ARGV, 4 do out[#out + 1] = bring(ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]) end
if deaths > 0 then series_add(at_ms, DIED, deaths) end
if any_now then touch_wake() end
if soonest then nudge(soonest) end
return table.concat(out)
