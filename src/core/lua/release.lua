#!lua flags=allow-oom
-- active → pending front | scheduled: the attempt is not counted.
-- KEYS: tasks pending_high pending_default pending_low holders leases grants attempts reaped cancels failures scheduled completed results tombs idem counters series wake meta limits dependants parents kept outbox op
-- ARGV: now call resultTtlMs items...
-- items: per task `nonce id mode delayMs`; mode `front`, `snooze`, `unknown` (no handler here) or `refused` (by
--   what it calls: its rate lets nothing start before that time). Last claimed first,
--   so that what was first in line is first again.
-- Reply: letters `p` pending, `w` waits, `c` cancelled, `s` stale
-- USES: clock op tally wake limits envelope attempts hold cancelled settle admit dependants
local was = op_seen()
if was then return was end -- guard: repeated call

local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local at_ms = clock_ms(true)
local out, any_now, soonest = {}, false, nil

local function put_off(id, priority, mode, due)
  local a = attempts_of(redis.call('HGET', attempts, id))
  if mode == 'snooze' then
    a[SNOOZES] = a[SNOOZES] + 1
    a[UNKNOWN] = 0
  end
  if mode == 'unknown' and a[UNKNOWN] == 0 then a[UNKNOWN] = at_ms end
  attempts_put(id, a)
  redis.call('ZADD', scheduled, due, priority .. id)
  if not soonest or due < soonest then soonest = due end
end

for i = items, #ARGV, 4 do
  local nonce, id, mode, delay = unpack(ARGV, i, i + 3)
  local priority, letter = take_from(nonce, id, at_ms)
  if not priority then
    out[#out + 1] = letter
  elseif mode == 'front' or (mode == 'refused' and hold_back(id, at_ms + delay)) then
    if not line_up(id, priority, at_ms) then redis.call('RPUSH', PENDING[priority], id) end
    any_now = true
    out[#out + 1] = 'p'
  else
    put_off(id, priority, mode, at_ms + delay)
    out[#out + 1] = 'w'
  end
end

if any_now then touch_wake() end
if soonest then nudge(soonest) end
return op_done(letters(out))
