-- A grant is what one claim handed to one worker. `holders[id]` = `nonce|attempt|priority|deadline`; `grants` keeps
-- `nonce` → who, when and which ids, and `nonce:left` → how many are still held. At none both and the lease go.
-- NEEDS: holders grants leases
local function is_held_by(held, nonce)
  return held and string.sub(held, 1, #nonce + 1) == nonce .. '|'
end

-- Content that is not ours reads as a first attempt of default priority, long overdue.
local function hold_of(held)
  local nonce, attempt, priority, deadline = string.match(held, '^([^|]*)|(%d+)|([hdl])|(%d+)')
  return nonce, tonumber(attempt or 1), priority or 'd', tonumber(deadline or 0)
end

-- Returns how many were held: an id that was given twice counts once.
local function unhold(nonce, ids)
  local n = redis.call('HDEL', holders, unpack(ids))
  if redis.call('HINCRBY', grants, nonce .. ':left', -n) <= 0 then
    redis.call('HDEL', grants, nonce, nonce .. ':left')
    redis.call('ZREM', leases, nonce)
  end
  return n
end

local function grant_ids(grant)
  local ids = {}
  local list = grant and string.match(grant, '|([^|]*)$') or ''
  for id in string.gmatch(list, '%S+') do ids[#ids + 1] = id end
  return ids
end
