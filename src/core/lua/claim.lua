#!lua flags=allow-oom
-- pending → active: hands up to `want` tasks to one worker under one grant.
-- KEYS: tasks pending_high pending_default pending_low ghosts holders leases grants attempts reaped dead failures counters series wake meta idem tombs groups limits dependants parents kept outbox op
-- ARGV: now call worker want quotaHigh quotaDefault quotaLow random leaseMs timeoutMs maxBytes idle contains spare timeouts...
-- idle: `1` when the worker runs nothing, so that it may take a suspect alone. contains: the types it can run in a process
--   of their own, ` a b `, or `*`; spare: for how many suspects it has such processes now.
-- timeouts: pairs `type ms` unlike timeoutMs.
-- Reply: { 'paused' } | { 'empty', hint, later or nothing } | { 'superseded' }
--   | { 'granted', nonce, hint, now, ids, envelopes, attempts or {}, alone, later or nothing }
--   hint `drain`: a suspect waits; finish what runs, then claim idle. later: in how many ms a limit lets the next task start.
-- USES: clock op tally wake envelope limits soonest attempts hold die groups admit dependants
local PENDING = { pending_high, pending_default, pending_low }
local LETTER = { 'h', 'd', 'l' }
local ADOPTED = 'd|malformed\n\nnull'

-- In how many ms a limit lets the next task start, to a tenth: whoever comes a ms late takes it from all that follow.
local function later(at_ms)
  local ms = next_admission_ms(at_ms)
  return ms and string.format('%.1f', math.max(0, ms - part_of_ms())) or nil
end

-- A claim whose reply was lost is answered again with what its grant still holds.
local function again(answer)
  if answer == 'superseded' then return { 'superseded' } end
  local nonce, hint = string.match(answer, '^(%S+) ?(%a*)$')
  if nonce == 'none' then
    local raw, mark = redis_ms(), tonumber(redis.call('HGET', meta, 'clock') or 0)
    return { 'empty', hint, later(mark - raw <= 2000 and math.max(mark, raw) or raw) } -- the present, without a change
  end
  local grant = redis.call('HGET', grants, nonce)
  local ids = {}
  for _, id in ipairs(grant_ids(grant)) do
    if is_held_by(redis.call('HGET', holders, id), nonce) then ids[#ids + 1] = id end -- guard: only what it still holds
  end
  if #ids == 0 then return { 'empty', '' } end
  local alone = string.match(grant, '^[^|]*|%d+|%d+|(%d)|')
  local counts = redis.call('HLEN', attempts) > 0 and redis.call('HMGET', attempts, unpack(ids)) or {}
  return { 'granted', nonce, hint, redis_ms(), ids, redis.call('HMGET', tasks, unpack(ids)), counts, alone }
end

local was = op_seen()
if was then return again(was) end -- guard: repeated call

local m = redis.call('HMGET', meta, 'clock', 'paused', 'maxbytes', 'alone', 'format')
if m[2] then return { 'paused' } end -- guard: paused
local at_ms = present_ms(m[1], m[5])
local biggest = tonumber(m[3] or 0)
local budget = tonumber(maxBytes)
local have_ghosts = redis.call('HLEN', ghosts) > 0
local have_attempts = redis.call('HLEN', attempts) > 0
local have_held = redis.call('HLEN', holders) > 0
local is_limited = redis.call('EXISTS', limits .. 'rules', limits .. 'waiting') > 0
want = tonumber(want)
spare = tonumber(spare)
local drainer, drains_till = string.match(m[4] or '', '^(.*)|(%d+)$')
local another_drains = drainer and drainer ~= worker and tonumber(drains_till) > at_ms

-- What is granted, in step: ids, their envelopes, their attempts (or false), the list each came from.
local ids, envelopes, att, list_of, count = {}, {}, {}, {}, 0
local back, alone, drain, full, looked = {}, false, false, false, 0

-- An id in line without an envelope is foreign: it is put aside as dead, raw, and nothing else notices.
local function adopt(id)
  local line = '{"f":"0000000000","n":0,"at":' .. at_ms .. ',"r":"malformed","m":"id without an envelope"}'
  failures_push(id, 'd', 'malformed', line)
  tally('adopted', 'malformed', 1)
  die(id, 'malformed', '', at_ms, line)
  series_add(at_ms, DIED, 1)
end

local function is_contained(id)
  if contains == '*' then return true end
  local _, name = parse_header(redis.call('HGET', tasks, id))
  return string.find(contains, ' ' .. name .. ' ', 1, true) ~= nil
end

-- Whether an entry goes back to its place: a suspect unless it can run in a process of its own or alone, and everything
-- behind one that runs alone.
local function must_wait(id, record, is_first)
  if alone then return true end
  local level = record and attempts_of(record)[SUSPECT] or 0
  if level < SUSPECTED then return false end
  if level <= CONTAINED_LAST and is_contained(id) then
    if spare <= 0 then return true end -- guard: a process of its own
    spare = spare - 1
    return false
  end
  if idle ~= '1' or not is_first or another_drains then -- guard: a suspect runs alone
    drain = drain or is_first
    return true
  end
  alone = true
  return false
end

local function without_ghosts(popped)
  if not have_ghosts then return popped end
  local live = {}
  for i = 1, #popped do
    if redis.call('HDEL', ghosts, popped[i]) == 0 then live[#live + 1] = popped[i] end -- guard: only what is no ghost
  end
  return live
end

local function note(list, id, envelope, record)
  budget = budget - #envelope
  count = count + 1
  ids[count], envelopes[count], att[count], list_of[count] = id, envelope, record or false, list
end

local function grant(list, chosen, records)
  if #chosen == 0 then return end
  local texts = redis.call('HMGET', tasks, unpack(chosen))
  local held = have_held and redis.call('HMGET', holders, unpack(chosen)) or {}
  local had = is_limited and redis.call('HMGET', limits .. 'turns', unpack(chosen)) or {}
  for i = 1, #chosen do
    if held[i] then -- guard: a foreign entry of a task that is held
      redis.call('HINCRBY', counters, 'strays', 1)
    elseif texts[i] == ADOPTED and redis.call('ZSCORE', dead, chosen[i]) then -- guard: adopted by this very claim
      redis.call('HINCRBY', counters, 'strays', 1)
    elseif texts[i] then
      if not is_limited or admit(chosen[i], LETTER[list], texts[i], had[i], at_ms) then
        note(list, chosen[i], texts[i], records[i])
      end
    elseif redis.call('HSETNX', tasks, chosen[i], ADOPTED) == 1 then -- guard: adopted once
      adopt(chosen[i])
    else
      redis.call('HINCRBY', counters, 'strays', 1)
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
    local waits = full or (have_attempts and must_wait(id, record, is_first))
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

-- What the lines of limits let go, one of each in turn.
local function draw(list, quota)
  local priority, record = LETTER[list], nil
  local function may_start(id, envelope)
    if #envelope > budget and count > 0 then
      full = true
      return 'stop'
    end
    record = have_attempts and redis.call('HGET', attempts, id)
    return record and must_wait(id, record, count == 0) and 'line' or 'start'
  end
  local bases = redis.call('ZRANGEBYSCORE', READY[priority], '-inf', at_ms, 'LIMIT', 0, quota)
  while #bases > 0 do
    local again = {}
    for _, base in ipairs(bases) do
      if quota <= 0 or alone or full or looked >= 500 then return end
      looked = looked + 1
      local id, envelope, more = admit_first(priority, base, at_ms, may_start)
      if envelope then
        note(list, id, envelope, record)
        quota = quota - 1
      elseif id then
        redis.call('RPUSH', PENDING[list], id)
      end
      if more then again[#again + 1] = base end
    end
    bases = again
    -- Lines without room have left the range: those behind them have their turn.
    if #bases == 0 and quota > 0 then
      bases = redis.call('ZRANGEBYSCORE', READY[priority], '-inf', at_ms, 'LIMIT', 0, quota)
    end
  end
end

-- Blocks, here and below, keep the script under the 200 locals that Lua allows.
do
  -- A suspect that it has emptied itself for stands in the queue's line, and comes before what waits under limits.
  local lines_first = is_limited and not (idle == '1' and drainer == worker)

  local function fill(list, quota)
    if lines_first and not alone and not full then
      local before = count
      draw(list, math.min(quota, want - count))
      quota = quota - (count - before)
    end
    while quota > 0 and count < want and not alone and not full and looked < 500 do
      local before = count
      if take(list, math.min(quota, want - count)) == 0 then break end
      quota = quota - (count - before)
    end
    if is_limited and not lines_first and not alone and not full and count < want then
      draw(list, math.min(quota, want - count))
    end
  end

  local quotas = { tonumber(quotaHigh), tonumber(quotaDefault), tonumber(quotaLow) }
  for list = 1, 3 do fill(list, quotas[list]) end
  if quotas[1] < want then
    for list = 1, 3 do fill(list, want) end
  end
end

if count == 0 then alone = false end -- the one that was to run alone waits under a limit

-- A worker that runs nothing takes a suspect even while another one drains, when there is nothing else for it.
if count == 0 and another_drains and idle == '1' and back[1] then
  local first = table.remove(back, 1)
  grant(first[1], { first[2] }, { first[3] })
  alone = count == 1
end

do
  local behind = { {}, {}, {} }
  for i = #back, 1, -1 do table.insert(behind[back[i][1]], back[i][2]) end
  for list = 1, 3 do
    if #behind[list] > 0 then redis.call('RPUSH', PENDING[list], unpack(behind[list])) end
  end
end

-- One worker at a time drains for the suspects of a queue; the others go on with the rest.
local hint = ''
if (alone or drain) and not another_drains then
  redis.call('HSET', meta, 'alone', worker .. '|' .. (at_ms + leaseMs))
  if drain then hint = 'drain' end
elseif drainer == worker and not alone and not drain then
  redis.call('HDEL', meta, 'alone')
end

if is_limited then admitted() end

local function work_remains()
  return redis.call('EXISTS', pending_high, pending_default, pending_low) > 0 or (is_limited and any_ready(at_ms))
end
local later_ms = is_limited and count < want and later(at_ms) or nil

if count == 0 then
  -- Behind as many ghosts as one call may drop, or behind what went into the lines of limits, there may be work.
  if (looked >= 500 or is_limited) and looked > #back and work_remains() then touch_wake() end
  if redis.call('HLEN', tasks) == 0 then redis.call('HDEL', meta, 'maxbytes') end
  -- Some may have gone into the lines of limits: the same call again is to move no others.
  if is_limited and looked > 0 then op_done(hint == '' and 'none' or 'none ' .. hint) end
  return { 'empty', hint, later_ms }
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

local function keep_once()
  local n, seen = 0, {}
  for i = 1, count do
    if not seen[ids[i]] then
      n = n + 1
      seen[ids[i]] = true
      ids[n], envelopes[n], att[n] = ids[i], envelopes[i], att[i]
    end
  end
  redis.call('HINCRBY', counters, 'strays', count - n)
  for i = n + 1, count do ids[i], envelopes[i], att[i] = nil, nil, nil end
  count = n
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
if redis.call('HSET', holders, unpack(put)) < count then keep_once() end -- guard: an id twice in line
redis.call('ZADD', leases, at_ms + leaseMs, nonce)
redis.call('HSET', grants, nonce, worker .. '|' .. at_ms .. '|' .. leaseMs .. '|' .. alone .. '|' .. table.concat(ids, ' '),
  nonce .. ':left', count)
if redis.call('HLEN', reaped) > 0 then redis.call('HDEL', reaped, unpack(ids)) end
redis.call('HINCRBY', counters, 'claimed', count)
if work_remains() then touch_wake() end
op_done(hint == '' and nonce or nonce .. ' ' .. hint)
return { 'granted', nonce, hint, at_ms, ids, envelopes, have_attempts and att or {}, alone, later_ms }
