-- What producers may enqueue, of the queue and of each type, as a rate: `e=<limit>/<per ms>/<burst>` in `limits:rules`.
-- NEEDS: limits
local have_rules = redis.call('EXISTS', limits .. 'rules') == 1
local doors = {}
local function door_of(scope, at_ms)
  local door = doors[scope]
  if door ~= nil then return door end
  local most, per, burst = string.match(redis.call('HGET', limits .. 'rules', scope) or '', 'e=(%d+)/(%d+)/(%d+)')
  door = false
  if most then
    local interval = per / most
    local due = tonumber(redis.call('HGET', limits .. 'due', 'enqueue:' .. scope) or 0)
    -- None is due further ahead, unless the clock went back: what is kept is set right, too.
    local most_ahead = at_ms + burst * interval
    door = { interval = interval, ahead = (burst - 1) * interval, due = math.min(due, most_ahead), is_used = due > most_ahead }
  end
  doors[scope] = door
  return door
end

local function is_let_in(name, at_ms)
  local of_type, of_queue = door_of('t:' .. name, at_ms), door_of('q', at_ms)
  for _, door in ipairs({ of_type or false, of_queue or false }) do
    if door and at_ms < door.due - door.ahead then return false end -- guard: its rate lets it in
  end
  for _, door in ipairs({ of_type or false, of_queue or false }) do
    if door then
      door.due = math.max(door.due, at_ms) + door.interval
      door.is_used = true
    end
  end
  return true
end

-- Writes back what was used of the rates.
local function doors_used()
  for scope, door in pairs(doors) do
    if door and door.is_used then redis.call('HSET', limits .. 'due', 'enqueue:' .. scope, string.format('%.3f', door.due)) end
  end
end
