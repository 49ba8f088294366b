-- The death of a task, and the record of its failures: `<priority>|<type>` and a line per attempt, newest first, at most
-- ten. A line is JSON, and the newest one may carry its stack behind a tab.
-- NEEDS: dead failures
-- USES: envelope tally groups limits dependants
local function failures_push(id, priority, name, line)
  local kept = { priority .. '|' .. name, line }
  local was = redis.call('HGET', failures, id)
  if was then
    local first = true
    for old in string.gmatch(was, '[^\n]+') do
      if not first then kept[#kept + 1] = (string.gsub(old, '\t.*$', '')) end
      first = false
      if #kept >= 11 then break end
    end
  end
  redis.call('HSET', failures, id, table.concat(kept, '\n'))
end

-- @param line the newest of its failures.
local function die(id, name, extras, at_ms, line)
  redis.call('ZADD', dead, at_ms, id)
  let_go(id, extras, at_ms, false)
  limits_freed({ id }, true)
  group_enter(line, name, at_ms, true)
  tally('dead', name, 1)
  ended(id, 'dead', at_ms)
end
