#!lua
-- none → pending | scheduled, once per slot of a schedule, by compare-and-set of its cursor: any number of daemons may try.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled tombs dead trash counters series wake meta cursors runs
-- ARGV: now name expected rev run next why first passed overlap due priority type envelope
-- expected: the cursor the caller saw. rev: the definition it has. run: what to fire, a slot or a trigger that waits; '' when
--   all slots passed. next: the slot after it, or '' to end. why first passed: slots that pass, `m` missed or `o` since a run goes on.
--   passed may be '?' for a run that waits: it only asks whether that may begin, so that they are counted once.
-- Reply: `fired` | `ready` | `waits` | `skipped` | `passed` | `early` | `moved` | `changed`
-- USES: clock tally wake runs started
local WAIT_MS = 1000
local at_ms = clock_ms()
local cursor = redis.call('ZSCORE', cursors, name)
if not cursor or cursor ~= expected then return 'moved' end -- guard: nobody fired this slot
if tonumber(cursor) > at_ms then return 'early' end -- guard: never early
local s = runs_of(name)
if s.rev ~= rev then return 'changed' end -- guard: the definition is in force
local only_asks = passed == '?'
passed = tonumber(passed) or 0

local function go_on()
  if next == '' then redis.call('ZREM', cursors, name) else redis.call('ZADD', cursors, next, name) end
  runs_put(name, s)
end

local function pass(reason, from, n)
  if n == 0 then return end
  runs_pass(s, reason, from, at_ms, n)
  tally(reason == 'm' and 'missed' or 'overlapped', type, n)
end

if run == '' then
  pass(why, first, passed)
  go_on()
  return 'passed'
end
if overlap ~= 'allow' and is_under_way(name .. ':' .. s.last) then
  local is_new = s.waiting == ''
  if is_new then pass(why, first, passed) end
  if overlap == 'queue' then
    s.waiting = run
    redis.call('ZADD', cursors, string.format('%.0f', at_ms + WAIT_MS), name)
    runs_put(name, s)
    return 'waits'
  end
  pass('o', run, 1)
  go_on()
  return 'skipped'
end
if only_asks then return 'ready' end -- guard: those that passed are counted
-- Those that passed while it waited came after it, those that were missed before.
local has_waited = s.waiting ~= ''
if not has_waited then pass(why, first, passed) end
s.waiting = ''
-- The id is made of name and slot: a second barrier, should a cursor ever be lost.
local id = name .. ':' .. run
if is_known(id) then -- guard: id is new
  go_on()
  return 'moved'
end
start(s, run, id, priority, type, envelope, tonumber(due), at_ms)
if has_waited then pass(why, first, passed) end
go_on()
return 'fired'
