#!lua
-- none → pending: one run of a schedule now, outside of its slots.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled tombs dead trash counters series wake meta cursors runs audit op
-- ARGV: now call by name rev overlap priority type envelope
-- Reply: `fired <run>` | `waits <run>` | `running <run that goes on>` | `changed`
-- USES: clock op tally wake audit runs started
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local s = runs_of(name)
if s.rev ~= rev then return op_done('changed') end -- guard: the definition is in force
local at = at_ms
while is_known(string.format('%s:t%.0f', name, at)) do at = at + 1 end -- guard: id is new
local run = string.format('t%.0f', at)
if overlap ~= 'allow' and (s.waiting ~= '' or is_under_way(name .. ':' .. s.last)) then
  if overlap == 'skip' or s.waiting ~= '' then return op_done('running ' .. s.last) end -- guard: at most one waits
  s.waiting = run
  redis.call('ZADD', cursors, string.format('%.0f', at_ms), name)
  nudge(string.format('%.0f', at_ms))
  runs_put(name, s)
  audit_add('trigger', by, 1, name)
  return op_done('waits ' .. run)
end
start(s, run, name .. ':' .. run, priority, type, envelope, at_ms, at_ms)
runs_put(name, s)
audit_add('trigger', by, 1, name)
return op_done('fired ' .. run)
