#!lua flags=allow-oom
-- Stops a schedule that goes to another queue, and tells where it was; told again until `unschedule` ends it here.
-- KEYS: cursors runs
-- ARGV: name
-- Reply: its runs, with the slot that is next among them (see `lib/runs.lua`), or '' when this queue knows nothing of it
-- USES: runs
local cursor = redis.call('ZSCORE', cursors, name)
if not cursor then return redis.call('HGET', runs, name) or '' end -- guard: it was not stopped before
local s = runs_of(name)
local slot = string.match(s.waiting, '^%d+$')
s.carry = slot or cursor
if slot then s.waiting = '' end -- a trigger waits on: no slot gives its id
redis.call('ZREM', cursors, name)
runs_put(name, s)
return redis.call('HGET', runs, name)
