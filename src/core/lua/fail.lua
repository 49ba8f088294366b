#!lua flags=allow-oom
-- active → scheduled (retry) | dead; a task marked for cancel is cancelled instead, never retried.
-- KEYS: tasks holders leases grants attempts reaped cancels failures scheduled dead completed results tombs idem counters series wake meta op
-- ARGV: now call resultTtlMs items...
-- items: per task `nonce id type verdict delayMs line extras`; verdict `retry` or `dead`.
-- Reply: letters `r` retrying, `d` dead, `c` cancelled, `s` stale
-- USES: clock op tally wake envelope attempts hold cancelled die
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, retries, deaths, soonest = {}, 0, 0, nil

for i = items, #ARGV, 7 do
  local nonce, id, name, verdict, delay, line, extras = unpack(ARGV, i, i + 6)
  local held = redis.call('HGET', holders, id)
  if not is_held_by(held, nonce) then -- guard: nonce of the holder
    out[#out + 1] = 's'
    redis.call('HINCRBY', counters, 'stale', 1)
  else
    local _, _, priority = hold_of(held)
    unhold(nonce, { id })
    if redis.call('HEXISTS', cancels, id) == 1 then -- guard: cancelled, never retried
      out[#out + 1] = 'c'
      end_cancelled(id, at_ms)
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
      else
        die(id, name, extras, at_ms)
        deaths = deaths + 1
        out[#out + 1] = 'd'
      end
      attempts_put(id, a)
    end
  end
end

if retries + deaths > 0 then series_add(at_ms, FAILED, retries + deaths, DIED, deaths) end
if soonest then nudge(soonest) end
return op_done(letters(out))
