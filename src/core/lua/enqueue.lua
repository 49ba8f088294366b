#!lua
-- none → pending | scheduled. Refused under memory pressure: every other verb still drains the queue.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled holders attempts tombs idem counters series wake meta limits op
-- ARGV: now call maxBytes items...
-- items: per group `priority type when flags count`, then per task `id envelope [at] [idempotency sha] [content hash]`.
--   when: `now`, `in` (at = delay ms) or `at` (at = time ms). flags: `-`, or `i` and `h` for what follows; `u` each
--   is unique as its header says, and a later one dropped; `U` a later one replaces it: such a group is of one task.
-- Reply: letters `e` enqueued, `d` duplicate, `r` replaced its owner, `c` conflict, `x` too large,
--   `l` beyond a limit of what may be enqueued; then per owner ` index:owner`
-- USES: clock op tally wake limits envelope attempts unique doors
local was = op_seen()
if was then return was end -- guard: repeated call

local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local m = redis.call('HMGET', meta, 'clock', 'format', 'maxbytes')
local at_ms = present_ms(m[1], m[2])
local out, owners = {}, {}
local soonest, any_now, biggest, added = nil, false, 0, 0
local have_ghosts = redis.call('HLEN', ghosts) > 0
local seen = {}
maxBytes = tonumber(maxBytes)

local function content_hash(envelope)
  local _, _, extras = parse_header(envelope)
  return extra(extras, 'h')
end

-- The letter that refuses a task, and the owner of its idempotency key, or of what makes it unique.
local function refusal(id, envelope, have, sha, hash, unique)
  if #envelope > maxBytes then return 'x' end -- guard: size
  have = have or seen[id] -- guard: id twice in one call
  if have then return (have == envelope or (hash and content_hash(have) == hash)) and 'd' or 'c' end -- guard: id is live
  if hash then
    local tomb = redis.call('ZSCORE', tombs, id)
    if tomb then return (tonumber(tomb) % 1048576 == tonumber(hash)) and 'd' or 'c' end -- guard: id is gone
  end
  if sha then
    local owner = redis.call('GET', idem .. sha)
    if owner then return 'd', owner end -- guard: idempotency key is taken
  end
  if unique == 'u' then
    local _, _, extras = parse_header(envelope)
    local owner = unique_owner(extras)
    if owner then return 'd', owner end -- guard: uniqueness is taken
  end
  return nil
end

-- The task that a unique one replaces, and where it waits.
local function replaced_by(envelope, unique)
  if unique ~= 'U' then return nil end
  local _, _, extras = parse_header(envelope)
  local owner = unique_owner(extras)
  local waits = owner and waiting_place(owner)
  return waits and owner, waits
end

-- A cancelled id whose old list entry was not reached yet takes that entry back: one entry, one place.
local function new_entries(ids)
  if not have_ghosts then return ids end
  local fresh = {}
  for i = 1, #ids do
    if redis.call('HDEL', ghosts, ids[i]) == 0 then fresh[#fresh + 1] = ids[i] end -- guard: only what has no entry in line
  end
  return fresh
end

local function place(priority, when, ids, times)
  if when == 'now' then
    local fresh = new_entries(ids)
    if #fresh > 0 then redis.call('LPUSH', PENDING[priority], unpack(fresh)) end
    any_now = true
    return
  end
  local put = {}
  for i = 1, #ids do
    local due = tonumber(times[i])
    if when == 'in' then due = at_ms + due end
    put[#put + 1] = due
    put[#put + 1] = priority .. ids[i]
    if not soonest or due < soonest then soonest = due end
  end
  redis.call('ZADD', scheduled, unpack(put))
end

local function distinct(ids)
  local once, known = {}, {}
  for i = 1, #ids do
    if not known[ids[i]] then once[#once + 1] = ids[i] end
    known[ids[i]] = true
  end
  return once
end

-- Whether a group is what it nearly always is: new tasks, for now, none too large. Notes the largest.
local function is_plain(first, count, have)
  for n = 1, count do
    local size = #ARGV[first + 2 * n - 1]
    if have[n] or size > maxBytes then return false end
    if size > biggest then biggest = size end
  end
  return true
end

-- Sorts the tasks of a group into those to store, those to place (an owner that was replaced may be one), and those refused.
local function sort_out(name, first, count, stride, all, have, timed, keyed, own, unique)
  local put, ids, times = {}, {}, {}
  for n = 1, count do
    local id, k = all[n], first + (n - 1) * stride + 1
    local envelope = ARGV[k]
    local time = timed and ARGV[k + 1]
    local sha = keyed and ARGV[k + (timed and 2 or 1)]
    local hash = own and ARGV[first + n * stride - 1]
    local letter, owner = refusal(id, envelope, have[n], sha, hash, unique)
    if not letter and have_rules and not is_let_in(name, at_ms) then letter = 'l' end
    local waits
    if not letter then owner, waits = replaced_by(envelope, unique) end
    out[#out + 1] = letter or (waits and 'r') or 'e'
    if owner then owners[#owners + 1] = ' ' .. (#out - 1) .. ':' .. owner end
    if waits then
      if #envelope > biggest then biggest = #envelope end
      if unique_replace(owner, waits, envelope, not timed, at_ms) then
        have_ghosts = true
        ids[#ids + 1] = owner
        times[#ids] = time
      end
    elseif not letter then
      ids[#ids + 1] = id
      times[#ids] = time
      put[#put + 1] = id
      put[#put + 1] = envelope
      seen[id] = envelope
      if sha then redis.call('SET', idem .. sha, id) end
      if unique then unique_take(id, (select(3, parse_header(envelope)))) end
      if #envelope > biggest then biggest = #envelope end
    end
  end
  return put, ids, times
end

local i = items
while ARGV[i] do
  local priority, name, when, flags, count = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3], tonumber(ARGV[i + 4])
  local first = i + 5
  local timed, keyed, own = when ~= 'now', string.find(flags, 'i', 1, true), string.find(flags, 'h', 1, true)
  local unique = string.match(flags, '[uU]')
  local stride = 2 + (timed and 1 or 0) + (keyed and 1 or 0) + (own and 1 or 0)
  i = first + count * stride
  local all = {}
  for n = 1, count do all[n] = ARGV[first + (n - 1) * stride] end
  local have = redis.call('HMGET', tasks, unpack(all))
  local stored = count
  local has_door = have_rules and (door_of('t:' .. name, at_ms) or door_of('q', at_ms))
  if stride == 2 and not unique and not has_door and is_plain(first, count, have) then
    local new = redis.call('HSET', tasks, unpack(ARGV, first, i - 1))
    if new < count then all = distinct(all) end -- guard: id twice in one group
    stored = new
    place(priority, when, all, nil)
    for n = 1, count do out[#out + 1] = 'e' end
  else
    local put, ids, times = sort_out(name, first, count, stride, all, have, timed, keyed, own, unique)
    stored = #put / 2
    if stored > 0 then redis.call('HSET', tasks, unpack(put)) end
    if #ids > 0 then place(priority, when, ids, times) end
  end
  if stored > 0 then
    tally('enqueued', name, stored)
    added = added + stored
  end
end

doors_used()
if added > 0 then series_add(at_ms, ENQUEUED, added) end
if biggest > tonumber(m[3] or 0) then redis.call('HSET', meta, 'maxbytes', biggest) end
if any_now then touch_wake() end
if soonest then nudge(soonest) end
return op_done(letters(out) .. table.concat(owners))
