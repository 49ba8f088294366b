#!lua flags=allow-oom
-- pending | limited | scheduled | retrying | blocked → cancelled; active → marked, for its worker to stop.
-- KEYS: tasks ghosts scheduled holders dead trash attempts reaped cancels failures completed results tombs idem counters series wake meta audit limits dependants parents kept outbox blocked op
-- ARGV: now call resultTtlMs by ids...
-- Reply: letters `c` cancelled, `m` marked, `f` final already, `n` not found
-- USES: clock op tally wake limits envelope cancelled audit dependants
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, n = {}, 0
local told = {}

-- Its worker would learn it with its next renewal; told now, it renews now. Lost, or not permitted, that is all it costs.
local function tell_holder(id)
  local nonce = string.match(redis.call('HGET', holders, id), '^[^|]*')
  if not told[nonce] then redis.pcall('PUBLISH', cancels, nonce) end
  told[nonce] = true
end

-- Whether it was in a place from which it can be taken.
local function leave_place(id)
  return redis.call('ZREM', scheduled, 'h' .. id, 'd' .. id, 'l' .. id) + redis.call('ZREM', blocked, id) > 0
end

local function cancel(id)
  if redis.call('HEXISTS', tasks, id) == 0 then -- guard: not here
    return redis.call('ZSCORE', completed, id) and 'f' or 'n'
  end
  if redis.call('ZSCORE', dead, id) or redis.call('ZSCORE', trash, id) then return 'f' end -- guard: final
  if redis.call('HEXISTS', holders, id) == 1 then
    redis.call('HSET', cancels, id, at_ms)
    tell_holder(id)
    return 'm'
  end
  if not leave_place(id) and not leave_line(id) then redis.call('HSET', ghosts, id, 1) end
  end_cancelled(id, at_ms)
  return 'c'
end

for i = ids, #ARGV do
  out[#out + 1] = cancel(ARGV[i])
  if out[#out] == 'c' or out[#out] == 'm' then n = n + 1 end
end
if n > 0 then audit_add('cancel', by, n, ARGV[ids]) end
return op_done(letters(out))
