#!lua flags=allow-oom
-- active → active: moves the expiry of the grants that are still there. Naturally repeatable, so it keeps no answers.
-- KEYS: holders leases grants cancels meta
-- ARGV: now leaseMs graceMs nonces...
-- Reply: per nonce `lost`, or `ok` and per task that needs its worker's attention ` c:id` (cancel asked) or ` o:id` (over deadline + grace)
-- USES: clock hold
local at_ms = clock_ms(true)
local have_cancels = redis.call('HLEN', cancels) > 0
local out = {}

local function attention(nonce)
  local words = { 'ok' }
  local ids = grant_ids(redis.call('HGET', grants, nonce))
  local all = #ids > 0 and redis.call('HMGET', holders, unpack(ids)) or {}
  for i, id in ipairs(ids) do
    local held = all[i]
    if is_held_by(held, nonce) then -- guard: only what it still holds
      local _, _, _, deadline = hold_of(held)
      if deadline + graceMs <= at_ms then words[#words + 1] = 'o:' .. id
      elseif have_cancels and redis.call('HEXISTS', cancels, id) == 1 then words[#words + 1] = 'c:' .. id end
    end
  end
  return table.concat(words, ' ')
end

for i = nonces, #ARGV do
  local nonce = ARGV[i]
  if redis.call('ZSCORE', leases, nonce) then -- guard: only a lease that was not reaped
    redis.call('ZADD', leases, 'XX', at_ms + leaseMs, nonce)
    out[#out + 1] = attention(nonce)
  else
    out[#out + 1] = 'lost'
  end
end
return out
