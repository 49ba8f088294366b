#!lua flags=allow-oom
-- active → completed, for tasks of several grants and types at once.
-- KEYS: tasks holders leases grants attempts reaped cancels failures ghosts completed results tombs idem counters series meta op
-- ARGV: now call resultMax items...
-- items: per group `nonce type flags resultTtlMs count`, then per task `id [record] [extras]`.
--   flags: `-`, or `r` a result record follows, `x` the extras of its header follow, `f` it has attempts or failures.
-- Reply: letters `o` ok, `l` late but accepted, `s` stale
-- USES: clock op tally envelope hold
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, finished, kept = {}, 0, 0
local have_cancels = redis.call('HLEN', cancels) > 0

-- A holder that lost its lease but not yet its task finishes late: the crash is taken back, and the id in line is a ghost.
local function is_late(id, nonce)
  return redis.call('HGET', reaped, id) == nonce
end

local function accept_late(id)
  redis.call('HDEL', reaped, id)
  redis.call('HDEL', attempts, id)
  redis.call('HDEL', failures, id)
  redis.call('HSET', ghosts, id, 1)
end

local i = items
while ARGV[i] do
  local nonce, name, flags, ttl, count = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  i = i + 5
  local recorded, extended = string.find(flags, 'r', 1, true), string.find(flags, 'x', 1, true)
  local stride = 1 + (recorded and 1 or 0) + (extended and 1 or 0)
  local all = {}
  for n = 1, count do all[n] = ARGV[i + (n - 1) * stride] end
  local held = redis.call('HMGET', holders, unpack(all))
  local done, mine, times, records = {}, {}, {}, {}
  for n = 1, count do
    local id, k = all[n], i + 1
    i = i + stride
    local ok = is_held_by(held[n], nonce) -- guard: nonce of the holder
    local late = not ok and not held[n] and is_late(id, nonce) -- guard: reaped from this holder, not claimed again
    out[#out + 1] = ok and 'o' or late and 'l' or 's'
    if ok then mine[#mine + 1] = id end
    if late then accept_late(id) end
    if ok or late then
      done[#done + 1] = id
      if recorded then
        times[#times + 1] = at_ms + ttl
        times[#times + 1] = id
        records[#records + 1] = id
        records[#records + 1] = ARGV[k]
      end
      if extended then let_go(id, ARGV[k + (recorded and 1 or 0)], at_ms, true) end
    else
      redis.call('HINCRBY', counters, 'stale', 1)
    end
  end
  if #done > 0 then
    redis.call('HDEL', tasks, unpack(done))
    if have_cancels then redis.call('HDEL', cancels, unpack(done)) end
    if string.find(flags, 'f', 1, true) then
      redis.call('HDEL', attempts, unpack(done))
      redis.call('HDEL', failures, unpack(done))
    end
    if #mine > 0 then unhold(nonce, mine) end
    if #records > 0 then
      redis.call('ZADD', completed, unpack(times))
      redis.call('HSET', results, unpack(records))
      kept = kept + #records / 2
    end
    tally('completed', name, #done)
    finished = finished + #done
  end
end

if finished > 0 then series_add(at_ms, COMPLETED, finished) end
if kept > 0 then
  local over = redis.call('ZCARD', completed) - resultMax
  if over > 0 then
    local oldest = redis.call('ZPOPMIN', completed, math.min(over, 500))
    local ids = {}
    for n = 1, #oldest, 2 do ids[#ids + 1] = oldest[n] end
    redis.call('HDEL', results, unpack(ids))
  end
end
return op_done(letters(out))
