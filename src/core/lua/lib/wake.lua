-- Idle workers block on `wake`. Whatever makes a task claimable leaves one token; more would only wake workers in vain.
-- NEEDS: wake
local function touch_wake()
  if redis.call('LLEN', wake) == 0 then redis.call('LPUSH', wake, 1) end
end

-- Schedulers sleep until the soonest due time they know of; an earlier one is told to them.
local function nudge(due_ms)
  redis.call('PUBLISH', wake, due_ms)
end
