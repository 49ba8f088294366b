#!lua flags=allow-oom
-- Mends what no transition leaves behind: a task in no place or in several, grants that do not fit what is held, notes of
-- ids that are gone. A look from outside may be outdated, so each finding is proven here before anything changes: on
-- sound books it does nothing, and repeating it is harmless.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled holders leases grants attempts reaped cancels dead failures trash trashed groups counters series wake meta audit idem tombs limits blocked edges
-- ARGV: now leaseMs by items...
-- items: `place id attempts entries`: what `attempts` kept of it (or '') before its entries in all lines were counted;
--   `grant nonce n ids…`: the ids that were seen held by it; `note id`.
-- Reply: { what, id or nonce, … } flat: `lined` `surplus` `ghost` `hold` `grant` `note`
-- USES: clock tally wake limits envelope hold audit groups
local PENDING = { h = pending_high, d = pending_default, l = pending_low }
-- A line longer than twice this is looked at from both ends only: a script must not take longer than 20 ms. The middle is
-- then the caller's to vouch for. Tasks enter at the ends; one that comes back after a run has another record in
-- `attempts`, or stands near the end that is next.
local REACH = 3000
local at_ms = clock_ms()
local out, counts = {}, {}

local function done(what, id)
  out[#out + 1] = what
  out[#out + 1] = id
  counts[what] = (counts[what] or 0) + 1
end

-- Of each id to be placed its entries in the lines, as { list, side }.
local entries, any_place, whole = {}, false, true

local function note_entries(list, side, ids)
  for i = 1, #ids do
    local known = entries[ids[i]]
    if known then known[#known + 1] = { list, side } end
  end
end

local function read_lines()
  for _, list in pairs(PENDING) do
    if redis.call('LLEN', list) <= 2 * REACH then
      note_entries(list, 1, redis.call('LRANGE', list, 0, -1))
    else
      whole = false
      note_entries(list, 1, redis.call('LRANGE', list, 0, REACH - 1))
      note_entries(list, -1, redis.call('LRANGE', list, -REACH, -1))
    end
  end
end

-- Takes `n` entries out of the lines, those of its own line last.
local function drop_entries(id, own, n)
  for pass = 1, 2 do
    local kept = {}
    for _, entry in ipairs(entries[id]) do
      if n > 0 and (pass == 2 or entry[1] ~= own) then
        redis.call('LREM', entry[1], entry[2], id)
        n = n - 1
      else
        kept[#kept + 1] = entry
      end
    end
    entries[id] = kept
  end
end

-- Leaves an id in one place beside the lines at most. Says whether it is in one, and whether it was in more.
local function place_beside_lines(id, name, own)
  local is_placed = redis.call('HEXISTS', holders, id) == 1
  local was_in_more = false
  local function leave(key, member)
    if not redis.call('ZSCORE', key, member) then return false end
    if is_placed then
      was_in_more = true
      return redis.call('ZREM', key, member) == 1
    end
    is_placed = true
    return false
  end
  if leave(dead, id) then group_leave(id) end
  -- It was counted as purged, and is here again.
  if leave(trash, id) and redis.call('HDEL', trashed, id) == 1 then tally('restored', name, 1) end
  leave(blocked, id)
  leave(scheduled, own .. id)
  if redis.call('HEXISTS', limits .. 'waiting', id) == 1 then
    if is_placed then was_in_more = leave_line(id) or was_in_more else is_placed = stands_in_line(id) end
  end
  for letter in pairs(PENDING) do
    if letter ~= own then leave(scheduled, letter .. id) end
  end
  return is_placed, was_in_more
end

local function mend_place(id, record, seen)
  local hold = redis.call('HGET', holders, id)
  -- Nobody can end a hold that is none: the task goes back into line.
  if hold and not string.match(hold, '^[^|]+|%d+|[hdl]|%d+') then
    redis.call('HDEL', holders, id)
    limits_freed({ id }, false)
    done('hold', id)
  end
  local ghost = redis.call('HEXISTS', ghosts, id)
  if ghost == 1 and #entries[id] == 0 and (whole or seen == 0) then
    redis.call('HDEL', ghosts, id)
    done('ghost', id)
    ghost = 0
  end
  local envelope = redis.call('HGET', tasks, id)
  if not envelope then return end -- guard: an entry without a task is for claim to put aside
  local own, name = parse_header(envelope)
  local is_placed, was_in_more = place_beside_lines(id, name, own)
  local live = #entries[id] - ghost
  local surplus = live - (is_placed and 0 or 1)
  if surplus > 0 then drop_entries(id, PENDING[own], surplus) end
  if surplus > 0 or was_in_more then return done('surplus', id) end
  if is_placed or live > 0 then return end -- guard: it is in its place
  if not whole and (seen > 0 or (redis.call('HGET', attempts, id) or '') ~= record) then return end -- guard: it moved since
  if redis.call('HEXISTS', edges, id) == 1 then -- guard: only what waits for no parent
    redis.call('ZADD', blocked, at_ms, id)
  -- An old entry that is still in line is its place again.
  elseif ghost == 1 then
    redis.call('HDEL', ghosts, id)
  else
    redis.call('LPUSH', PENDING[own], id)
    table.insert(entries[id], { PENDING[own], 1 })
  end
  done('lined', id)
end

-- What a grant really holds: of the ids it names and those given.
local function held_by(nonce, ids)
  local known, mine = {}, {}
  for _, id in ipairs(ids) do
    if not known[id] then
      known[id] = true
      if is_held_by(redis.call('HGET', holders, id), nonce) then mine[#mine + 1] = id end -- guard: only what it still holds
    end
  end
  return mine
end

local function mend_grant(nonce, ids)
  local record = redis.call('HGET', grants, nonce)
  local left = redis.call('HGET', grants, nonce .. ':left')
  local lease = redis.call('ZSCORE', leases, nonce)
  local named, listed = grant_ids(record), {}
  for _, id in ipairs(named) do
    listed[id] = true
    ids[#ids + 1] = id
  end
  local mine = held_by(nonce, ids)
  if #mine == 0 then
    redis.call('HDEL', grants, nonce, nonce .. ':left')
    redis.call('ZREM', leases, nonce)
    if record or left or lease then done('grant', nonce) end
    return
  end
  local is_named = string.match(record or '', '^[^|]*|%d+|%d+|%d|') ~= nil
  for _, id in ipairs(mine) do is_named = is_named and listed[id] end
  if is_named and tonumber(left) == #mine and lease then return end -- guard: it is sound
  if not is_named then
    redis.call('HSET', grants, nonce, 'unknown|' .. at_ms .. '|' .. leaseMs .. '|0|' .. table.concat(mine, ' '))
  end
  redis.call('HSET', grants, nonce .. ':left', #mine)
  -- Time to renew or to end for a holder that lives; the reaper takes back what a dead one had.
  if not lease then redis.call('ZADD', leases, at_ms + leaseMs, nonce) end
  done('grant', nonce)
end

local function mend_notes(id)
  local n = 0
  local is_held = redis.call('HEXISTS', holders, id) == 1
  if redis.call('HEXISTS', tasks, id) == 0 then
    n = redis.call('HDEL', attempts, id) + redis.call('HDEL', failures, id)
    limits_freed({ id }, true)
  end
  if not is_held then n = n + redis.call('HDEL', cancels, id) end -- guard: only where no holder is to hear of it
  local is_elsewhere = is_held or redis.call('HEXISTS', tasks, id) == 0 or redis.call('ZSCORE', dead, id)
    or redis.call('ZSCORE', trash, id) or redis.call('ZSCORE', blocked, id)
  for letter in pairs(PENDING) do is_elsewhere = is_elsewhere or redis.call('ZSCORE', scheduled, letter .. id) end
  if is_elsewhere then n = n + redis.call('HDEL', reaped, id) end -- guard: only where no former holder may still end it
  if n > 0 then done('note', id) end
end

-- Where the fields of each kind end.
local function next_item(i)
  if ARGV[i] == 'place' then return i + 4 end
  if ARGV[i] == 'grant' then return i + 3 + ARGV[i + 2] end
  return i + 2
end

local i = items
while ARGV[i] do
  if ARGV[i] == 'place' then
    entries[ARGV[i + 1]] = {}
    any_place = true
  end
  i = next_item(i)
end
if any_place then read_lines() end

i = items
while ARGV[i] do
  if ARGV[i] == 'place' then mend_place(ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]))
  elseif ARGV[i] == 'grant' then mend_grant(ARGV[i + 1], { unpack(ARGV, i + 3, next_item(i) - 1) })
  else mend_notes(ARGV[i + 1]) end
  i = next_item(i)
end

local words = {}
for _, what in ipairs({ 'lined', 'surplus', 'ghost', 'hold', 'grant', 'note' }) do
  if counts[what] then
    redis.call('HINCRBY', counters, 'repaired:' .. what, counts[what])
    words[#words + 1] = what .. ' ' .. counts[what]
  end
end
if counts.lined then touch_wake() end
if #out > 0 then audit_add('repair', by, #out / 2, table.concat(words, ', ')) end
return out
