#!lua flags=allow-oom
-- active → pending front | dead `poison` | cancelled: takes back what expired leases cover.
-- Holds back when it cannot tell a dead worker from a Redis or a clock that was away: after a gap between sweeps, and
-- after a step back of the clock, live workers get the time of one renewal first.
-- KEYS: tasks pending_high pending_default pending_low holders leases grants attempts reaped cancels failures dead completed results tombs idem counters series wake meta
-- ARGV: now leaseMs resultTtlMs limit
-- Reply: { word, id, worker, … } flat, word one of `reaped` `poison` `cancelled`; or { 'hold', until ms }
-- USES: clock tally wake envelope attempts hold cancelled die
local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local raw = redis_ms()
local m = redis.call('HMGET', meta, 'clock', 'swept', 'hold')
local mark, swept, hold = tonumber(m[1] or 0), tonumber(m[2] or 0), tonumber(m[3] or 0)

-- Leases that lie further ahead than a fresh one would, after the clock went back, end with a fresh one.
local function clip_leases()
  local far = redis.call('ZRANGEBYSCORE', leases, '(' .. (raw + leaseMs), '+inf', 'LIMIT', 0, 500)
  for i = 1, #far do redis.call('ZADD', leases, raw + leaseMs, far[i]) end
  return #far
end

local stepped_back = mark - raw > 2000
-- While there may be more to clip, the mark stays where it is, and the next sweep goes on.
if stepped_back and clip_leases() < 500 then redis.call('HSET', meta, 'clock', raw) end
local at_ms = stepped_back and raw or against_mark(raw, mark)
if stepped_back then hold = at_ms + math.floor(leaseMs / 3)
elseif swept > 0 and at_ms - swept > leaseMs / 2 then hold = at_ms + math.floor(leaseMs / 3) + 1000 end
redis.call('HSET', meta, 'swept', at_ms, 'hold', hold)
if at_ms < hold then return { 'hold', hold } end -- guard: live workers renew first

local out, deaths = {}, 0

-- Suspects to be put back into their lines, the one that was claimed last first.
local suspects = {}
local in_front = redis.call('HLEN', reaped)

-- Suspects stand in front, in the order they were claimed, but no more of them than a claim can look past: the rest goes
-- to the end of the line, behind those who are innocent.
local function put_back()
  local first = math.min(#suspects, math.max(0, #suspects - 400 + in_front)) + 1
  for i = first, #suspects do redis.call('RPUSH', PENDING[suspects[i][1]], suspects[i][2]) end
  for i = first - 1, 1, -1 do redis.call('LPUSH', PENDING[suspects[i][1]], suspects[i][2]) end
end

local function crashed(id, priority, nonce, worker, alone)
  local a = attempts_of(redis.call('HGET', attempts, id))
  a[RUNS] = a[RUNS] + 1
  a[SUSPECT] = 1
  if alone then a[CRASHES] = a[CRASHES] + 1 end -- guard: only a crash while alone counts
  local _, name, extras = parse_header(redis.call('HGET', tasks, id))
  tally('reclaimed', name, 1)
  if a[CRASHES] >= 3 then
    a[SUSPECT] = 0
    failures_push(id, priority, name, '{"n":' .. a[RUNS] .. ',"at":' .. at_ms .. ',"w":"' .. worker
      .. '","r":"poison","m":"its worker died three times while running it alone"}')
    die(id, name, extras, at_ms)
    deaths = deaths + 1
    out[#out + 1] = 'poison'
  else
    suspects[#suspects + 1] = { priority, id }
    redis.call('HSET', reaped, id, nonce)
    out[#out + 1] = 'reaped'
  end
  attempts_put(id, a)
end

local function reap(nonce, grant, ids)
  local worker, _, _, alone = string.match(grant, '^([^|]*)|(%d+)|(%d+)|(%d)|')
  worker = worker or 'unknown'
  for i = #ids, 1, -1 do
    local id = ids[i]
    local held = redis.call('HGET', holders, id)
    if is_held_by(held, nonce) then -- guard: settled tasks of the grant are not ours
      local _, _, priority = hold_of(held)
      redis.call('HDEL', holders, id)
      if redis.call('HEXISTS', cancels, id) == 1 then -- guard: cancelled, never again
        end_cancelled(id, at_ms)
        out[#out + 1] = 'cancelled'
      else
        crashed(id, priority, nonce, worker, alone == '1')
      end
      out[#out + 1] = id
      out[#out + 1] = worker
    end
  end
  redis.call('HDEL', grants, nonce, nonce .. ':left')
  redis.call('ZREM', leases, nonce)
end

local expired = redis.call('ZRANGEBYSCORE', leases, '-inf', at_ms, 'LIMIT', 0, limit) -- guard: expired
local seen, last = 0, 0
local texts, ids_of = {}, {}
for i = 1, #expired do
  texts[i] = redis.call('HGET', grants, expired[i]) or ''
  ids_of[i] = grant_ids(texts[i])
  seen = seen + #ids_of[i]
  if i > 1 and seen > 500 then break end
  last = i
end
-- The one that ends first goes back last: it was claimed first, and stands in front again.
for i = last, 1, -1 do reap(expired[i], texts[i], ids_of[i]) end
if deaths > 0 then series_add(at_ms, FAILED, deaths, DIED, deaths) end
if #suspects > 0 then
  put_back()
  touch_wake()
end
return out
