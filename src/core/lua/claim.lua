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
local drainer, drains_till = string.match(m[4] or '', '^(.*)|(%d+)$')
local another_drains = drainer and drainer ~= worker and tonumber(drains_till) > at_ms

-- What is granted, in step: ids, their envelopes, their attempts (or false), the list each came from.
local ids, envelopes, att, list_of, count = {}, {}, {}, {}, 0
local back, alone, drain, full, looked = {}, false, false, false, 0

-- An id in line without an envelope is foreign: it is put aside as dead, raw, and nothing else notices.
local function adopt(id)
  redis.call('HSET', tasks, id, 'd|malformed\n\nnull')
  failures_push(id, 'd', 'malformed', '{"n":0,"at":' .. at_ms .. ',"r":"malformed","m":"id without an envelope"}')
  tally('adopted', 'malformed', 1)
  die(id, 'malformed', '', at_ms)
  series_add(at_ms, DIED, 1)
end

-- Whether an entry goes back to its place: a suspect unless it can run alone, and everything behind one that does.
local function must_wait(record, is_first)
  local suspect = record and attempts_of(record)[SUSPECT] == 1
  if alone or (suspect and (idle ~= '1' or not is_first or another_drains)) then -- guard: a suspect runs alone
    drain = drain or (suspect and is_first)
    return true
  end
  alone = suspect
  return false
end

local function without_ghosts(popped)
  if not have_ghosts then return popped end
  local live = {}
  for i = 1, #popped do
    if redis.call('HDEL', ghosts, popped[i]) == 0 then live[#live + 1] = popped[i] end -- guard: ghost
  end
  return live
end

local function grant(list, chosen, records)
  if #chosen == 0 then return end
  local texts = redis.call('HMGET', tasks, unpack(chosen))
  for i = 1, #chosen do
    if texts[i] then
      budget = budget - #texts[i]
      count = count + 1
      ids[count], envelopes[count], att[count], list_of[count] = chosen[i], texts[i], records[i] or false, list
    else
      adopt(chosen[i])
    end
  end
end

-- Takes the next `n` entries out of a line, and notes those to be put back. An answer is bounded in bytes, but a first task
-- always goes out; the one that does not fit ends the claim: nothing overtakes it.
local function take(list, n)
  local popped = redis.call('RPOP', PENDING[list], math.min(n, 500 - looked))
  if not popped then return 0 end
  looked = looked + #popped
  local live = without_ghosts(popped)
  if #live == 0 then return #popped end
  local weigh = #live * biggest > budget
  if not have_attempts and not weigh then
    grant(list, live, {})
    return #popped
  end
  local records = have_attempts and redis.call('HMGET', attempts, unpack(live)) or {}
  local chosen, chosen_records, left = {}, {}, budget
  for i = 1, #live do
    local id, record, is_first = live[i], records[i], count + #chosen == 0
    local waits = full or (have_attempts and must_wait(record, is_first))
    if weigh and not waits then
      left = left - redis.call('HSTRLEN', tasks, id)
      full = left < 0 and not is_first
    end
    if waits or full then back[#back + 1] = { list, id, record }
    else chosen[#chosen + 1], chosen_records[#chosen + 1] = id, record end
  end
  grant(list, chosen, chosen_records)
  return #popped
end

local function fill(list, quota)
  while quota > 0 and count < want and not alone and not full and looked < 500 do
    local before = count
    if take(list, math.min(quota, want - count)) == 0 then return end
    quota = quota - (count - before)
  end
end

local quotas = { tonumber(quotaHigh), tonumber(quotaDefault), tonumber(quotaLow) }
for list = 1, 3 do fill(list, quotas[list]) end
if quotas[1] < want then
  for list = 1, 3 do fill(list, want) end
end

-- A worker that runs nothing takes a suspect even while another one drains, when there is nothing else for it.
if count == 0 and another_drains and idle == '1' and back[1] then
  local first = table.remove(back, 1)
  grant(first[1], { first[2] }, { first[3] })
  alone = count == 1
end

local behind = { {}, {}, {} }
for i = #back, 1, -1 do table.insert(behind[back[i][1]], back[i][2]) end
for list = 1, 3 do
  if #behind[list] > 0 then redis.call('RPUSH', PENDING[list], unpack(behind[list])) end
end

-- One worker at a time drains for the suspects of a queue; the others go on with the rest.
local hint = ''
if (alone or drain) and not another_drains then
  redis.call('HSET', meta, 'alone', worker .. '|' .. (at_ms + leaseMs))
  if drain then hint = 'drain' end
elseif drainer == worker and not alone and not drain then
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
