#!lua flags=allow-oom
-- pending | scheduled | retrying → cancelled; active → marked, for its worker to stop.
-- KEYS: tasks ghosts scheduled holders dead trash attempts reaped cancels failures completed results tombs idem counters series meta audit op
-- ARGV: now call resultTtlMs by ids...
-- Reply: letters `c` cancelled, `m` marked, `f` final already, `n` not found
-- USES: clock op tally envelope cancelled audit
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, n = {}, 0

local function leave_schedule(id)
  return redis.call('ZREM', scheduled, 'h' .. id, 'd' .. id, 'l' .. id) > 0
end

local function cancel(id)
  if redis.call('HEXISTS', tasks, id) == 0 then -- guard: not here
    return redis.call('ZSCORE', completed, id) and 'f' or 'n'
  end
  if redis.call('ZSCORE', dead, id) or redis.call('ZSCORE', trash, id) then return 'f' end -- guard: final
  if redis.call('HEXISTS', holders, id) == 1 then
    redis.call('HSET', cancels, id, at_ms)
    return 'm'
  end
  if not leave_schedule(id) then redis.call('HSET', ghosts, id, 1) end
  end_cancelled(id, at_ms)
  return 'c'
end

for i = ids, #ARGV do
  out[#out + 1] = cancel(ARGV[i])
  if out[#out] == 'c' or out[#out] == 'm' then n = n + 1 end
end
if n > 0 then audit_add('cancel', by, n, ARGV[ids]) end
return op_done(letters(out))
