-- Time is Redis's own. `meta.clock` marks the latest time seen: a step back of at most 2 s reads as the mark, so that
-- nothing runs backwards. A larger one is a new time: the mark moves there at once, lest time leaps ahead again as soon as it
-- is within 2 s, and `meta.stepped` tells `reap` to settle the leases (see there).
-- NEEDS: meta now
local function redis_ms()
  if now ~= '' then return tonumber(now) end
  local t = redis.call('TIME')
  return t[1] * 1000 + math.floor(t[2] / 1000)
end

-- What `redis_ms` leaves out.
local function part_of_ms()
  return now == '' and redis.call('TIME')[2] % 1000 / 1000 or 0
end

-- The present, against the mark. The format of the queue is raised when no older program is there: one that slept, or that
-- nobody knew of, is stopped here. `script.ts` fills in the number.
local function present_ms(mark, format)
  if format and tonumber(format) > KNOWN_FORMAT then error({ err = 'FORMAT ' .. format }) end -- guard: a later format is left alone
  local raw = redis_ms()
  mark = tonumber(mark or 0)
  if raw >= mark then
    if raw - mark >= 100 then redis.call('HSET', meta, 'clock', raw) end
    return raw
  end
  if mark - raw <= 2000 then return mark end -- guard: time does not run backwards
  redis.call('HSET', meta, 'clock', raw, 'stepped', 1)
  return raw
end

-- Who holds a grant proves more by its nonce, and need not look at the format.
local function clock_ms(holds_grant)
  if holds_grant then return present_ms(redis.call('HGET', meta, 'clock')) end
  local m = redis.call('HMGET', meta, 'clock', 'format')
  return present_ms(m[1], m[2])
end
