#!lua flags=allow-oom
-- active → scheduled (retry) | dead | pending front (the process of its own died); a task marked for cancel is cancelled
-- instead, never retried.
-- KEYS: tasks pending_high pending_default pending_low holders leases grants attempts reaped cancels failures scheduled dead completed results tombs idem counters series wake meta groups limits dependants parents kept outbox op
-- ARGV: now call resultTtlMs items...
-- items: per task `nonce id type verdict delayMs line extras`; verdict `retry`, `dead` or `crash`.
-- Reply: letters `r` retrying, `d` dead, `p` pending, `c` cancelled, `s` stale
-- USES: clock op tally wake limits envelope attempts hold cancelled settle die groups admit dependants
local was = op_seen()
if was then return was end -- guard: repeated call

local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local at_ms = clock_ms(true)
local out, retries, deaths, crashes, soonest = {}, 0, 0, 0, nil

for i = items, #ARGV, 7 do
  local nonce, id, name, verdict, delay, line, extras = unpack(ARGV, i, i + 6)
  local priority, letter = take_from(nonce, id, at_ms)
  if not priority then
    out[#out + 1] = letter
  else
    local a = attempts_of(redis.call('HGET', attempts, id))
    a[RUNS] = a[RUNS] + 1
    a[SUSPECT] = 0
    a[UNKNOWN] = 0
    failures_push(id, priority, name, line)
    if verdict == 'retry' then
      a[RETRIES] = a[RETRIES] + 1
      local due = at_ms + delay
      redis.call('ZADD', scheduled, due, priority .. id)
      if not soonest or due < soonest then soonest = due end
      tally('retried', name, 1)
      retries = retries + 1
      out[#out + 1] = 'r'
    elseif verdict == 'crash' then
      a[CRASHES] = a[CRASHES] + 1
      a[SUSPECT] = SUSPECTED
      if not line_up(id, priority, at_ms) then redis.call('RPUSH', PENDING[priority], id) end
      tally('reclaimed', name, 1)
      crashes = crashes + 1
      out[#out + 1] = 'p'
    else
      die(id, name, extras, at_ms, line)
      deaths = deaths + 1
      out[#out + 1] = 'd'
    end
    attempts_put(id, a)
  end
end

if retries + deaths > 0 then series_add(at_ms, FAILED, retries + deaths, DIED, deaths) end
if crashes > 0 then touch_wake() end
if soonest then nudge(soonest) end
return op_done(letters(out))
