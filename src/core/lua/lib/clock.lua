-- Time is Redis's own. `meta.clock` marks the latest time seen: a step back of at most 2 s reads as the mark, so that
-- nothing runs backwards; a larger one is taken as it is, and `reap` settles the leases (see there).
-- NEEDS: meta now
local function redis_ms()
  if now ~= '' then return tonumber(now) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

local function against_mark(raw, mark)
  if raw >= mark then
    if raw - mark >= 100 then redis.call('HSET', meta, 'clock', raw) end
    return raw
  end
  if mark - raw <= 2000 then return mark end
  return raw
end

local function clock_ms()
  return against_mark(redis_ms(), tonumber(redis.call('HGET', meta, 'clock') or 0))
end
