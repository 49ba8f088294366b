#!lua flags=allow-oom
-- Puts a definition of a schedule in force in its queue, by compare-and-set of the one before: its next slot, its history.
-- KEYS: cursors runs wake audit
-- ARGV: name by was rev next carried ahead
-- was: the revision in force that the caller saw, '' for none. next: its next slot, '' for none, or `keep`. carried: its runs
--   in the queue that it left, or ''. ahead: the cursor that it has, where that one lies too late, or ''.
-- Reply: `set` | `moved`
-- USES: wake audit runs
local s = runs_of(name)
if s.rev ~= was then return 'moved' end -- guard: nobody changed it meanwhile
local cursor = redis.call('ZSCORE', cursors, name)
if cursor and was == rev and cursor ~= ahead then return 'moved' end -- guard: it has its cursor
if carried ~= '' then
  redis.call('HSET', runs, name, carried)
  s = runs_of(name)
end
if next ~= 'keep' then s.waiting = '' end
if next == 'keep' and carried ~= '' then next = s.carry end
s.rev = rev
s.carry = ''
if next ~= 'keep' then
  if next == '' then
    redis.call('ZREM', cursors, name)
  else
    redis.call('ZADD', cursors, next, name)
    nudge(next)
  end
end
runs_put(name, s)
if was ~= rev then audit_add('schedule', by, 1, name) end
return 'set'
