#!lua flags=allow-oom
-- pending → active: hands up to `want` tasks to one worker under one grant.
-- KEYS: tasks pending_high pending_default pending_low ghosts holders leases grants attempts reaped dead failures counters series wake meta idem tombs op
-- ARGV: now call worker want quotaHigh quotaDefault quotaLow random leaseMs timeoutMs maxBytes idle timeouts...
-- idle: `1` when the worker runs nothing, so that it may take a suspect. timeouts: pairs `type ms` unlike timeoutMs.
-- Reply: { 'paused' } | { 'empty', hint } | { 'superseded' } | { 'granted', nonce, hint, now, ids, envelopes, attempts or {}, alone }
--   hint `drain`: a suspect waits; finish what runs, then claim idle.
-- USES: clock op tally wake envelope attempts hold die
local PENDING = { pending_high, pending_default, pending_low }
local LETTER = { 'h', 'd', 'l' }

-- A claim whose reply was lost is answered again with what its grant still holds.
local function again(nonce)
  if nonce == 'superseded' then return { 'superseded' } end
  local grant = redis.call('HGET', grants, nonce)
  local ids = {}
  for _, id in ipairs(grant_ids(grant)) do
    if is_held_by(redis.call('HGET', holders, id), nonce) then ids[#ids + 1] = id end
  end
  if #ids == 0 then return { 'empty', '' } end
  local alone = string.match(grant, '^[^|]*|%d+|%d+|(%d)|')
  return { 'granted', nonce, '', redis_ms(), ids, redis.call('HMGET', tasks, unpack(ids)),
    redis.call('HMGET', attempts, unpack(ids)), alone }
end

local was = op_seen()
if was then return again(was) end -- guard: repeated call

local m = redis.call('HMGET', meta, 'clock', 'paused', 'maxbytes', 'alone')
if m[2] then return { 'paused' } end -- guard: paused
local at_ms = against_mark(redis_ms(), tonumber(m[1] or 0))
local biggest = tonumber(m[3] or 0)
local budget = tonumber(maxBytes)
local have_ghosts = redis.call('HLEN', ghosts) > 0
local have_attempts = redis.call('HLEN', attempts) > 0
want = tonumber(want)

-- How many of the next `n` entries fit into the byte budget; at least one, so that a large task still goes out.
local function fitting(list, n)
  if n * biggest <= budget then
    budget = budget - n * biggest
    return n
  end
  local next_ids = redis.call('LRANGE', list, -n, -1)
  local fit = 0
  for i = #next_ids, 1, -1 do
    local bytes = redis.call('HSTRLEN', tasks, next_ids[i])
    if fit > 0 and bytes > budget then break end
    budget = budget - bytes
    fit = fit + 1
  end
  return fit
end

local ids, letters_of, att, back = {}, {}, {}, {}
local alone, drain = false, false

-- An id in line without an envelope is foreign: it is put aside as dead, raw, and nothing else notices.
local function adopt(id)
  redis.call('HSET', tasks, id, 'd|malformed\n\nnull')
  failures_push(id, 'd', 'malformed', '{"n":0,"at":' .. at_ms .. ',"r":"malformed","m":"id without an envelope"}')
  tally('adopted', 'malformed', 1)
  die(id, 'malformed', '', at_ms)
  series_add(at_ms, DIED, 1)
end

local function consider(id, list, envelope, record)
  if not envelope then return adopt(id) end
  local suspect = record and attempts_of(record)[SUSPECT] == 1
  if alone or (suspect and (idle ~= '1' or #ids > 0)) then -- guard: a suspect runs alone
    drain = drain or (suspect and #ids == 0)
    back[#back + 1] = { list, id }
    return
  end
  alone = suspect
  ids[#ids + 1] = id
  letters_of[#ids] = LETTER[list]
  att[#ids] = record or false
end

local envelope_of = {}
local function take(list, n)
  n = fitting(PENDING[list], n)
  local popped = n > 0 and redis.call('RPOP', PENDING[list], n)
  if not popped then return 0 end
  local live = popped
  if have_ghosts then
    live = {}
    for i = 1, #popped do
      if redis.call('HDEL', ghosts, popped[i]) == 0 then live[#live + 1] = popped[i] end -- guard: ghost
    end
  end
  if #live == 0 then return #popped end
  local envelopes = redis.call('HMGET', tasks, unpack(live))
  local records = have_attempts and redis.call('HMGET', attempts, unpack(live)) or {}
  for i = 1, #live do
    envelope_of[live[i]] = envelopes[i]
    consider(live[i], list, envelopes[i], records[i])
  end
  return #popped
end

local looked = 0
local function fill(list, quota)
  while quota > 0 and #ids < want and not alone and looked < 500 and budget > 0 and #back < 100 do
    local before = #ids
    local n = take(list, math.min(quota, want - #ids))
    if n == 0 then return end
    looked = looked + n
    quota = quota - (#ids - before)
  end
end

local quotas = { tonumber(quotaHigh), tonumber(quotaDefault), tonumber(quotaLow) }
for list = 1, 3 do fill(list, quotas[list]) end
if quotas[1] < want then
  for list = 1, 3 do fill(list, want) end
end
for i = #back, 1, -1 do redis.call('RPUSH', PENDING[back[i][1]], back[i][2]) end

-- One worker at a time drains for the suspects of a queue; the others go on with the rest.
local hint = ''
if alone or drain then
  local holder, till = string.match(m[4] or '', '^(.*)|(%d+)$')
  if not holder or holder == worker or tonumber(till) <= at_ms then
    redis.call('HSET', meta, 'alone', worker .. '|' .. (at_ms + leaseMs))
    if drain then hint = 'drain' end
  end
elseif m[4] and string.match(m[4], '^(.*)|') == worker then
  redis.call('HDEL', meta, 'alone')
end

if #ids == 0 then
  if redis.call('HLEN', tasks) == 0 then redis.call('HDEL', meta, 'maxbytes') end
  return { 'empty', hint }
end

local nonce = redis.call('HINCRBY', meta, 'fence', 1) .. '-' .. random
alone = alone and '1' or '0'
local special = {}
for i = timeouts, #ARGV, 2 do special[ARGV[i]] = tonumber(ARGV[i + 1]) end
local has_special = next(special) ~= nil

local function deadline_of(envelope)
  if string.byte(envelope, 2) == 124 and not has_special then return at_ms + timeoutMs end
  local _, name, extras = parse_header(envelope)
  return at_ms + (tonumber(extra(extras, 't')) or special[name] or timeoutMs)
end

local envelopes, put = {}, {}
for i = 1, #ids do
  local envelope = envelope_of[ids[i]]
  local attempt = att[i] and attempts_of(att[i])[RUNS] + 1 or 1
  envelopes[i] = envelope
  put[2 * i - 1] = ids[i]
  put[2 * i] = nonce .. '|' .. attempt .. '|' .. letters_of[i] .. '|' .. deadline_of(envelope)
end
redis.call('HSET', holders, unpack(put))
redis.call('ZADD', leases, at_ms + leaseMs, nonce)
redis.call('HSET', grants, nonce, worker .. '|' .. at_ms .. '|' .. leaseMs .. '|' .. alone .. '|' .. table.concat(ids, ' '),
  nonce .. ':left', #ids)
if redis.call('HLEN', reaped) > 0 then redis.call('HDEL', reaped, unpack(ids)) end
redis.call('HINCRBY', counters, 'claimed', #ids)
if #ids == want or #back > 0 or looked >= 500 then
  if redis.call('EXISTS', pending_high, pending_default, pending_low) > 0 then touch_wake() end
end
op_done(nonce)
return { 'granted', nonce, hint, at_ms, ids, envelopes, have_attempts and att or {}, alone }
