#!lua flags=allow-oom
-- active → completed, for tasks of several grants and types at once.
-- KEYS: tasks holders leases grants attempts reaped cancels failures ghosts completed results tombs idem counters series wake meta limits dependants parents kept outbox op
-- ARGV: now call resultMax items...
-- items: per group `nonce type flags resultTtlMs count`, then per task `id [record] [extras]`.
--   flags: `-`, or `r` a result record follows, `x` the extras of its header follow, `f` it has attempts or failures.
-- Reply: letters `o` ok, `l` late but accepted, `s` stale
-- USES: clock op tally wake limits envelope hold dependants
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms(true)
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
  -- It went back into line, or from there into that of a limit.
  if not leave_line(id) then redis.call('HSET', ghosts, id, 1) end
end

-- The tasks of a group that this call may finish, as positions in it: held by this nonce, or late.
local function accepted(nonce, ids, held)
  local prefix, ours, count = nonce .. '|', nil, #ids
  local done, mine = {}, {}
  for n = 1, count do
    local hold = held[n]
    -- Tasks of a grant mostly share one text: comparing it costs nothing.
    if hold and (hold == ours or string.sub(hold, 1, #prefix) == prefix) then -- guard: only its holder
      ours = hold
      out[#out + 1] = 'o'
      mine[#mine + 1] = ids[n]
      done[#done + 1] = n
    elseif not hold and is_late(ids[n], nonce) then -- guard: only who it was reaped from, until the next claim
      accept_late(ids[n])
      out[#out + 1] = 'l'
      done[#done + 1] = n
    else
      out[#out + 1] = 's'
      redis.call('HINCRBY', counters, 'stale', 1)
    end
  end
  return done, mine
end

local function keep_records(ids, done, first, stride, expiry)
  -- As text, once: Redis would write the same number anew for every task.
  local score = string.format('%.0f', expiry)
  local times, records, k = {}, {}, 0
  for n = 1, #done do
    local id = ids[done[n]]
    times[k + 1], times[k + 2] = score, id
    records[k + 1], records[k + 2] = id, ARGV[first + (done[n] - 1) * stride + 1]
    k = k + 2
  end
  redis.call('ZADD', completed, unpack(times))
  redis.call('HSET', results, unpack(records))
  kept = kept + #done
end

local i = items
while ARGV[i] do
  local nonce, name, flags, ttl, count = ARGV[i], ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), tonumber(ARGV[i + 4])
  local first = i + 5
  local recorded, extended = string.find(flags, 'r', 1, true), string.find(flags, 'x', 1, true)
  local stride = 1 + (recorded and 1 or 0) + (extended and 1 or 0)
  i = first + count * stride
  local ids = {}
  for n = 1, count do ids[n] = ARGV[first + (n - 1) * stride] end
  local done, mine = accepted(nonce, ids, redis.call('HMGET', holders, unpack(ids)))
  if #done > 0 then
    local gone = ids
    if #done < count then
      gone = {}
      for n = 1, #done do gone[n] = ids[done[n]] end
    end
    redis.call('HDEL', tasks, unpack(gone))
    if have_cancels then redis.call('HDEL', cancels, unpack(gone)) end
    if string.find(flags, 'f', 1, true) then
      redis.call('HDEL', attempts, unpack(gone))
      redis.call('HDEL', failures, unpack(gone))
    end
    local n = #done - #mine
    if #mine > 0 then n = n + unhold(nonce, mine) end
    limits_freed(gone, true)
    if recorded then keep_records(ids, done, first, stride, at_ms + ttl) end
    if extended then
      for n = 1, #done do let_go(ids[done[n]], ARGV[first + done[n] * stride - 1], at_ms, true) end
    end
    if has_related() then
      local plain = '{"t":"' .. name .. '","s":"completed","f":' .. at_ms .. '}'
      for k = 1, #done do
        ended(ids[done[k]], 'done', 0, recorded and ARGV[first + (done[k] - 1) * stride + 1] or plain)
      end
    end
    tally('completed', name, n)
    finished = finished + n
  end
end

if finished > 0 then series_add(at_ms, COMPLETED, finished) end
if kept > 0 then
  local over = redis.call('ZCARD', completed) - resultMax
  if over > 0 then
    local n = math.min(over, 500)
    redis.call('HDEL', results, unpack(redis.call('ZRANGE', completed, 0, n - 1)))
    redis.call('ZREMRANGEBYRANK', completed, 0, n - 1)
  end
end
return op_done(letters(out))
