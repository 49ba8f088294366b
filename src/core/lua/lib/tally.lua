-- What happened, counted twice: totals per type (at most 200 types, then `other`), and a fixed ring of the last 15 minutes
-- by the second and the last hour by ten seconds, so that a console opened now shows what was.
-- NEEDS: counters series
local known = {}
local function known_type(name)
  local as = known[name]
  if as then return as end
  as = name
  if redis.call('HSETNX', counters, 'type:' .. name, 1) == 1 then
    if redis.call('HINCRBY', counters, 'types', 1) > 200 then
      redis.call('HINCRBY', counters, 'types', -1)
      redis.call('HDEL', counters, 'type:' .. name)
      as = 'other'
    end
  end
  known[name] = as
  return as
end

local function tally(event, name, n)
  redis.call('HINCRBY', counters, event .. ':' .. known_type(name), n)
end

-- Two u32 heads (last second and last ten seconds written), then 900 and 360 slots of four u32.
local RING_HEAD, RING_SLOT = 8, 16
local RING_SIZE = RING_HEAD + (900 + 360) * RING_SLOT

local function zero_slots(base, slots, last, current)
  local gap = math.min(current - last, slots)
  local from = (current - gap + 1) % slots
  local first = math.min(gap, slots - from)
  redis.call('SETRANGE', series, base + from * RING_SLOT, string.rep('\0', first * RING_SLOT))
  if gap > first then redis.call('SETRANGE', series, base, string.rep('\0', (gap - first) * RING_SLOT)) end
end

local function series_advance(second, ten)
  local head = redis.call('GETRANGE', series, 0, RING_HEAD - 1)
  local last, last_ten = 0, 0
  if #head == RING_HEAD then
    last, last_ten = struct.unpack('>I4I4', head)
  else
    redis.call('SETRANGE', series, RING_SIZE - 1, '\0')
  end
  -- Up to 2 s back is the spread of clocks that `clock.lua` allows. Further back, what was written ahead never happened.
  if second <= last and last - second <= 2 then return end
  if second < last then
    zero_slots(RING_HEAD, 900, second, last)
    if ten < last_ten then zero_slots(RING_HEAD + 900 * RING_SLOT, 360, ten, last_ten) end
    redis.call('SETRANGE', series, 0, struct.pack('>I4I4', second, ten))
    return
  end
  zero_slots(RING_HEAD, 900, last, second)
  if ten > last_ten then zero_slots(RING_HEAD + 900 * RING_SLOT, 360, last_ten, ten) end
  redis.call('SETRANGE', series, 0, struct.pack('>I4I4', second, ten))
end

-- The first u32 of each metric within a slot.
local ENQUEUED, COMPLETED, FAILED, DIED = 0, 1, 2, 3

local function series_add(at_ms, metric, n, metric2, n2)
  local second = math.floor(at_ms / 1000)
  local ten = math.floor(second / 10)
  series_advance(second, ten)
  local narrow = 2 + (second % 900) * 4
  local wide = 2 + 3600 + (ten % 360) * 4
  redis.call('BITFIELD', series, 'OVERFLOW', 'SAT',
    'INCRBY', 'u32', '#' .. (narrow + metric), n, 'INCRBY', 'u32', '#' .. (wide + metric), n)
  if metric2 and n2 > 0 then
    redis.call('BITFIELD', series, 'OVERFLOW', 'SAT',
      'INCRBY', 'u32', '#' .. (narrow + metric2), n2, 'INCRBY', 'u32', '#' .. (wide + metric2), n2)
  end
end
