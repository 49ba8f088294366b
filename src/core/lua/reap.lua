#!lua flags=allow-oom
-- active → pending front | dead `poison` | cancelled: takes back what expired leases cover.
-- Holds back when it cannot tell a dead worker from a Redis or a clock that was away: after a gap between sweeps, and
-- after a step back of the clock, live workers get the time of one renewal first.
-- KEYS: tasks pending_high pending_default pending_low holders leases grants attempts reaped cancels failures dead completed results tombs idem counters series wake meta groups limits dependants parents kept outbox
-- ARGV: now leaseMs resultTtlMs limit
-- Reply: { word, id, worker, … } flat, word one of `reaped` `poison` `cancelled`; or { 'hold', until ms }
-- USES: clock tally wake limits envelope attempts hold cancelled die groups admit dependants
local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local m = redis.call('HMGET', meta, 'clock', 'swept', 'hold', 'maxbytes', 'format')
local at_ms = present_ms(m[1], m[5])
local swept, hold = tonumber(m[2] or 0), tonumber(m[3] or 0)

-- Leases that lie further ahead than a fresh one would, after the clock went back, end with a fresh one.
local function clip_leases()
  local far = redis.call('ZRANGEBYSCORE', leases, '(' .. (at_ms + leaseMs), '+inf', 'LIMIT', 0, 500)
  for i = 1, #far do redis.call('ZADD', leases, at_ms + leaseMs, far[i]) end
  return #far
end

local third = math.floor(leaseMs / 3)
if redis.call('HEXISTS', meta, 'stepped') == 1 then
  hold = at_ms + third
  -- While there may be more to clip, the next sweep goes on.
  if clip_leases() < 500 then redis.call('HDEL', meta, 'stepped') end
elseif swept > 0 and at_ms - swept > leaseMs / 2 then
  hold = at_ms + third + 1000
end
redis.call('HSET', meta, 'swept', at_ms, 'hold', hold)
if at_ms < hold then return { 'hold', hold } end -- guard: live workers renew first

local out, deaths = {}, 0

-- What goes back into its line, the one that was claimed last first: priority, id, whether it now waits for a process of
-- its own or to run alone.
local returned, waiting, any_back = {}, 0, false
local in_front = redis.call('HLEN', reaped)

-- All of it stands in front, in the order it was claimed, but no more of those that wait than a claim can look past: the
-- rest goes to the end of the line, behind those who are innocent.
local function put_back()
  local over = waiting - math.max(0, 400 - in_front)
  local behind = {}
  for i = 1, #returned do
    local one = returned[i]
    if one[3] and over > 0 then
      over = over - 1
      behind[#behind + 1] = one
    else
      redis.call('RPUSH', PENDING[one[1]], one[2])
    end
  end
  for i = #behind, 1, -1 do redis.call('LPUSH', PENDING[behind[i][1]], behind[i][2]) end
end

local function crashed(id, priority, nonce, worker, alone)
  local a = attempts_of(redis.call('HGET', attempts, id))
  a[RUNS] = a[RUNS] + 1
  a[SUSPECT] = a[SUSPECT] + 1
  if alone then a[CRASHES] = a[CRASHES] + 1 end -- guard: only a crash while alone counts
  local _, name, extras = parse_header(redis.call('HGET', tasks, id))
  tally('reclaimed', name, 1)
  if a[CRASHES] >= 3 then
    a[SUSPECT] = 0
    local line = '{"f":"' .. string.sub(redis.sha1hex(name .. '\npoison'), 1, 10) .. '","n":' .. a[RUNS] .. ',"at":' .. at_ms
      .. ',"w":"' .. worker .. '","r":"poison","m":"its worker died three times while running it alone"}'
    failures_push(id, priority, name, line)
    die(id, name, extras, at_ms, line)
    deaths = deaths + 1
    out[#out + 1] = 'poison'
  else
    local waits = a[SUSPECT] >= SUSPECTED
    if waits or not line_up(id, priority, at_ms) then returned[#returned + 1] = { priority, id, waits } end
    any_back = true
    if waits then waiting = waiting + 1 end
    redis.call('HSET', reaped, id, nonce)
    out[#out + 1] = 'reaped'
  end
  attempts_put(id, a)
end

local function reap(nonce, grant, ids)
  local worker, _, _, alone = string.match(grant, '^([^|]*)|(%d+)|(%d+)|(%d)|')
  worker = worker or 'unknown'
  local mine = {}
  for i = #ids, 1, -1 do
    local id = ids[i]
    local held = redis.call('HGET', holders, id)
    if is_held_by(held, nonce) then -- guard: only what the grant still holds
      local _, _, priority = hold_of(held)
      redis.call('HDEL', holders, id)
      mine[#mine + 1] = id
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
  if #mine > 0 then limits_freed(mine, false) end
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
  -- Each envelope is read: more than a few MiB of them would keep Redis from everybody else.
  if i > 1 and (seen > 500 or seen * tonumber(m[4] or 0) > 4194304) then break end
  last = i
end
-- The one that ends first goes back last: it was claimed first, and stands in front again.
for i = last, 1, -1 do reap(expired[i], texts[i], ids_of[i]) end
if deaths > 0 then series_add(at_ms, FAILED, deaths, DIED, deaths) end
if #returned > 0 then put_back() end
if any_back then touch_wake() end
return out
