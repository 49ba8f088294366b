#!lua flags=allow-oom
-- Begins a bulk operation, or pauses, resumes or cancels one: what was done stays done.
-- KEYS: operations meta audit op
-- ARGV: now call by operation action record cursor
-- action: `begin`, `pause`, `resume` or `cancel`. record, cursor: of a new one; its cursor says where it begins.
-- Reply: the state it now has: `running` `paused` `cancelled` `done`; or `exists` | `unknown`
-- USES: clock op audit operation
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()

-- The longest untouched of those that are over make room.
local function forget_old()
  if redis.call('HLEN', operations) < 200 then return end
  local oldest
  for _, field in ipairs(redis.call('HKEYS', operations)) do
    local id = string.match(field, '^(.*):at$')
    local at = id and operation_at(id)
    if at and at.state ~= 'running' and at.state ~= 'paused' and (not oldest or at.updated < oldest.updated) then
      at.id = id
      oldest = at
    end
  end
  if oldest then redis.call('HDEL', operations, oldest.id, oldest.id .. ':at') end
end

local at = operation_at(operation)
if action == 'begin' then
  if at then return op_done('exists') end -- guard: a new operation
  forget_old()
  redis.call('HSET', operations, operation, record)
  operation_put(operation, { state = 'running', scanned = 0, done = 0, skipped = 0, due = 0, updated = at_ms, cursor = cursor })
  operation_counted(1)
  audit_add('begin', by, 1, operation)
  return op_done('running')
end

if not at then return op_done('unknown') end -- guard: known
local NEXT = { pause = { running = 'paused' }, resume = { paused = 'running' }, cancel = { running = 'cancelled', paused = 'cancelled' } }
local to = NEXT[action][at.state]
if not to then return op_done(at.state) end -- guard: only what is not over
if at.state == 'running' then operation_counted(-1) end
if to == 'running' then operation_counted(1) end
at.state = to
at.updated = at_ms
operation_put(operation, at)
audit_add(action, by, at.done, operation)
return op_done(to)
