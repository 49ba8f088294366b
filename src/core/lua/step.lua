#!lua flags=allow-oom
-- One step of a bulk operation: replays or purges some dead tasks and moves its cursor, both or neither. Any number of
-- processes may drive it: who comes with a cursor that is no longer the operation's does nothing.
-- KEYS: tasks pending_high pending_default pending_low ghosts attempts failures dead trash trashed idem tombs counters series wake meta audit operations groups dependants parents kept outbox blocked edges
-- ARGV: now operation kind by trashMs ratePerSecond expected next scanned ids...
-- kind: `replay` or `purge`. next: the cursor behind these ids; '' when there are no more. ratePerSecond: 0 for no bound.
-- Reply: { state, ms until the next step, done now, skipped now }, or { 'moved' } | { 'early', ms } | { 'unknown' }
-- USES: clock tally wake envelope attempts audit operation replayed purged groups dependants
local at_ms = clock_ms()
local at = operation_at(operation)
if not at then return { 'unknown' } end -- guard: known
if at.state ~= 'running' then return { at.state } end -- guard: it runs
if at.cursor ~= expected then return { 'moved' } end -- guard: nobody made this step
if at.due > at_ms then return { 'early', at.due - at_ms } end -- guard: its rate

local done, skipped = 0, 0
for i = ids, #ARGV do
  local letter = kind == 'replay' and replay(ARGV[i]) or kind == 'purge' and purge(ARGV[i], at_ms, tonumber(trashMs), operation)
  if letter == 'r' or letter == 'p' then done = done + 1 else skipped = skipped + 1 end
end
if done > 0 and kind == 'replay' then touch_wake() end

at.scanned = at.scanned + scanned
at.done = at.done + done
at.skipped = at.skipped + skipped
at.updated = at_ms
at.cursor = next
local rate = tonumber(ratePerSecond)
if rate > 0 then at.due = math.max(at_ms, at.due) + math.ceil(done * 1000 / rate) end
if next == '' then
  at.state = 'done'
  operation_counted(-1)
  audit_add(kind, by, at.done, operation)
end
operation_put(operation, at)
return { at.state, math.max(0, at.due - at_ms), done, skipped }
