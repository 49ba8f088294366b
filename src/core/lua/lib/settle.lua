-- What failing and giving back begin with: only the holder may, and a task whose cancel was asked for ends there.
-- NEEDS: holders cancels counters
-- USES: hold cancelled limits
-- Takes a task from its holder. Gives its priority, or nil and the letter of the answer: `s` stale, `c` cancelled.
local function take_from(nonce, id, at_ms)
  local held = redis.call('HGET', holders, id)
  if not is_held_by(held, nonce) then -- guard: nonce of the holder
    redis.call('HINCRBY', counters, 'stale', 1)
    return nil, 's'
  end
  local _, _, priority = hold_of(held)
  unhold(nonce, { id })
  limits_freed({ id }, false)
  if redis.call('HEXISTS', cancels, id) == 1 then -- guard: cancelled, never again
    end_cancelled(id, at_ms)
    return nil, 'c'
  end
  return priority
end
