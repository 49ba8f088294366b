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

-- What is granted, in step: ids, their envelopes, their attempts (or false), the list each came from.
local ids, envelopes, att, list_of, count = {}, {}, {}, {}, 0
local back, alone, drain, full, looked = {}, false, false, false, 0

-- How many of the next `n` entries fit into what is left of the byte budget; a first one always does, so that a large
-- task still goes out. When the next one does not, the claim ends there: nothing overtakes it.
local function fitting(list, n)
  if n * biggest <= budget then return n end
  local next_ids = redis.call('LRANGE', list, -n, -1)
  local fit, left = 0, budget
  for i = #next_ids, 1, -1 do
    local bytes = redis.call('HSTRLEN', tasks, next_ids[i])
    if bytes > left and (fit > 0 or count > 0) then
      full = true
      break
    end
    left = left - bytes
    fit = fit + 1
  end
  return fit
end

-- An id in line without an envelope is foreign: it is put aside as dead, raw, and nothing else notices.
local function adopt(id)
  redis.call('HSET', tasks, id, 'd|malformed\n\nnull')
  failures_push(id, 'd', 'malformed', '{"n":0,"at":' .. at_ms .. ',"r":"malformed","m":"id without an envelope"}')
  tally('adopted', 'malformed', 1)
  die(id, 'malformed', '', at_ms)
  series_add(at_ms, DIED, 1)
end

-- Whether a task goes back to its place: a suspect unless it can run alone, and everything behind one that does.
local function goes_back(id, list, record)
  local suspect = record and attempts_of(record)[SUSPECT] == 1
  if alone or (suspect and (idle ~= '1' or count > 0)) then -- guard: a suspect runs alone
    drain = drain or (suspect and count == 0)
    back[#back + 1] = { list, id }
    return true
  end
  alone = suspect
  return false
end

local function consider(id, list, envelope, record)
  if not envelope then return adopt(id) end
  if have_attempts and goes_back(id, list, record) then return end
  count = count + 1
  ids[count], envelopes[count], att[count], list_of[count] = id, envelope, record, list
end

local function without_ghosts(popped)
  if not have_ghosts then return popped end
  local live = {}
  for i = 1, #popped do
    if redis.call('HDEL', ghosts, popped[i]) == 0 then live[#live + 1] = popped[i] end -- guard: ghost
  end
  return live
end

local function take(list, n)
  n = fitting(PENDING[list], math.min(n, 500 - looked))
  local popped = n > 0 and redis.call('RPOP', PENDING[list], n)
  if not popped then return 0 end
  local live = without_ghosts(popped)
  if #live == 0 then return #popped end
  local texts = redis.call('HMGET', tasks, unpack(live))
  local records = have_attempts and redis.call('HMGET', attempts, unpack(live)) or {}
  for i = 1, #live do
    budget = budget - #(texts[i] or '')
    consider(live[i], list, texts[i], records[i] or false)
  end
  return #popped
end

local function fill(list, quota)
  while quota > 0 and count < want and not alone and not full and looked < 500 and #back < 100 do
    local before = count
    local n = take(list, math.min(quota, want - count))
    if n == 0 then return end
    looked = looked + n
    quota = quota - (count - before)
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

local function work_remains()
  return redis.call('EXISTS', pending_high, pending_default, pending_low) > 0
end

if count == 0 then
  -- Behind as many ghosts as one call may drop there may be work.
  if looked >= 500 and looked > #back and work_remains() then touch_wake() end
  if redis.call('HLEN', tasks) == 0 then redis.call('HDEL', meta, 'maxbytes') end
  return { 'empty', hint }
end

local nonce = redis.call('HINCRBY', meta, 'fence', 1) .. '-' .. random
alone = alone and '1' or '0'
local special = {}
for i = timeouts, #ARGV, 2 do special[ARGV[i]] = tonumber(ARGV[i + 1]) end
local has_special = next(special) ~= nil

local function deadline_of(envelope)
  local _, name, extras = parse_header(envelope)
  return at_ms + (extra_number(extras, 't', 1000000000000) or special[name] or timeoutMs)
end

-- Most tasks of a grant run for the first time and have no timeout of their own: they share one text per priority.
local first_run = {}
for list = 1, 3 do
  first_run[list] = nonce .. '|1|' .. LETTER[list] .. '|' .. (at_ms + timeoutMs)
end
local put = {}
for i = 1, count do
  local envelope, hold = envelopes[i], nil
  if not att[i] and not has_special and string.byte(envelope, 2) == 124 then
    hold = first_run[list_of[i]]
  else
    local attempt = att[i] and attempts_of(att[i])[RUNS] + 1 or 1
    hold = nonce .. '|' .. attempt .. '|' .. LETTER[list_of[i]] .. '|' .. deadline_of(envelope)
  end
  put[2 * i - 1], put[2 * i] = ids[i], hold
end
redis.call('HSET', holders, unpack(put))
redis.call('ZADD', leases, at_ms + leaseMs, nonce)
redis.call('HSET', grants, nonce, worker .. '|' .. at_ms .. '|' .. leaseMs .. '|' .. alone .. '|' .. table.concat(ids, ' '),
  nonce .. ':left', count)
if redis.call('HLEN', reaped) > 0 then redis.call('HDEL', reaped, unpack(ids)) end
redis.call('HINCRBY', counters, 'claimed', count)
if work_remains() then touch_wake() end
op_done(nonce)
return { 'granted', nonce, hint, at_ms, ids, envelopes, have_attempts and att or {}, alone }
