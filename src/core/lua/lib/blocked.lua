-- What a blocked task waits for: `parents[id]` = `when time parent…` for ever, a parent as `queue/id`; `edges[id]` = how many
-- of them are open, and `edges[id parent]` = policy and mark of each that is: `f` the child fails with its parent, `i` it
-- does not mind, `w` it waits until the parent was replayed; mark: the last death of the parent that it knows of.
-- NEEDS: tasks pending_high pending_default pending_low ghosts scheduled blocked attempts
-- USES: envelope attempts die
local LINE = { h = pending_high, d = pending_default, l = pending_low }

-- Out of no place into its line, or into the schedule: its delay begins now. Gives the due time of the latter.
local function set_free(id, when, time, at_ms)
  local priority = parse_header(redis.call('HGET', tasks, id))
  local due = when == 'in' and at_ms + time or when == 'at' and tonumber(time) or at_ms
  if due > at_ms then
    redis.call('ZADD', scheduled, due, priority .. id)
    return due
  end
  -- An old entry of this id that is still in line is its place again.
  if redis.call('HDEL', ghosts, id) == 0 then redis.call('LPUSH', LINE[priority], id) end -- guard: only what has no entry in line
end

local function die_of_parent(id, parent, at_ms)
  local priority, name, extras = parse_header(redis.call('HGET', tasks, id))
  local runs = attempts_of(redis.call('HGET', attempts, id))[RUNS]
  local line = '{"f":"' .. string.sub(redis.sha1hex(name .. '\nparent_failed'), 1, 10) .. '","n":' .. runs .. ',"at":' .. at_ms
    .. ',"r":"parent_failed","m":"its parent ' .. parent .. ' did not complete"}'
  failures_push(id, priority, name, line)
  die(id, name, extras, at_ms, line)
end
