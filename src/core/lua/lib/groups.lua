-- Dead tasks by the kind of their failure. A failure line begins with its fingerprint, `{"f":"<hex>"`; `groups[f]` is
-- `count|first ms|last ms|ten minutes|deaths in these and the five before`, and `groups[f:s]` the type and line of one of
-- them. At most 500 kinds are told apart; the others are one, `other`.
-- NEEDS: groups failures
local GROUPS_MAX, TREND, TEN_MINUTES = 500, 6, 600000

local function group_in(line)
  return string.match(line or '', '^{"f":"(%x+)"')
end

local function trend_of(text, was, now)
  local counts, shift = {}, math.max(0, math.min(TREND, now - was))
  for i = 1, shift do counts[i] = 0 end
  for n in string.gmatch(text, '%d+') do
    if #counts < TREND then counts[#counts + 1] = tonumber(n) end
  end
  return counts
end

-- @param is_new it died now; else it comes back from the trash.
local function group_enter(line, name, at_ms, is_new)
  local group = group_in(line)
  if not group then return end
  local was = redis.call('HGET', groups, group)
  if not was and redis.call('HLEN', groups) >= 2 * GROUPS_MAX then
    group = 'other'
    was = redis.call('HGET', groups, group)
  end
  local ten = math.floor(at_ms / TEN_MINUTES)
  local count, first, last, bucket, trend = string.match(was or '', '^(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  count, first, last, bucket = tonumber(count or 0), tonumber(first or at_ms), tonumber(last or at_ms), tonumber(bucket or ten)
  local counts = trend_of(trend or '0,0,0,0,0,0', bucket, ten)
  if is_new then counts[1] = counts[1] + 1 end
  redis.call('HSET', groups, group, count + 1 .. '|' .. string.format('%.0f|%.0f|%d|', math.min(first, at_ms),
    math.max(last, at_ms), math.max(bucket, ten)) .. table.concat(counts, ','))
  if not was then redis.call('HSET', groups, group .. ':s', name .. '\n' .. (string.gsub(line, '\t.*$', ''))) end
end

local function newest_line(id)
  return string.match(redis.call('HGET', failures, id) or '', '^[^\n]*\n([^\n]*)')
end

-- It is dead no more.
local function group_leave(id)
  local group = group_in(newest_line(id))
  if not group then return end
  local was = redis.call('HGET', groups, group)
  if not was then
    group = 'other'
    was = redis.call('HGET', groups, group)
  end
  local count, rest = string.match(was or '', '^(%d+)(|.*)$')
  if not count then return end
  if tonumber(count) <= 1 then redis.call('HDEL', groups, group, group .. ':s')
  else redis.call('HSET', groups, group, count - 1 .. rest) end
end
