-- When something that waits under a limit may start.
-- NEEDS: limits
-- USES: limits

-- For how many ms nothing more may start of what waits for its time; nothing when nothing does.
local function next_admission_ms(at_ms)
  local soonest = NEVER
  for _, ready in pairs(READY) do
    local score = redis.call('ZRANGEBYSCORE', ready, '(' .. at_ms, '(' .. string.format('%.0f', NEVER), 'WITHSCORES', 'LIMIT', 0, 1)[2]
    soonest = math.min(soonest, tonumber(score or NEVER))
  end
  return soonest < NEVER and soonest - at_ms or nil
end

local function any_ready(at_ms)
  for _, ready in pairs(READY) do
    if redis.call('ZCOUNT', ready, '-inf', at_ms) > 0 then return true end
  end
  return false
end
