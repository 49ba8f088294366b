-- Whether a task may start under its limits. A rule is `r=<limit>/<per ms>/<burst>/<keyed>` and `c=<most>/<keyed>` in
-- `limits:rules`, under `q` or `t:<type>`. A rate is kept as the time at which its next start is due, by GCRA: starts in any
-- time t are at most limit * t + burst, rounded up.
-- NEEDS: limits meta tasks holders
-- USES: limits envelope clock
local LATE_MOST = 10
local RULES, DUE = limits .. 'rules', limits .. 'due'

local rules = {}
local function rule_of(scope)
  local rule = rules[scope]
  if rule ~= nil then return rule end
  rule = false
  local text = redis.call('HGET', RULES, scope)
  if text then
    local most, per, burst, keyed = string.match(text, 'r=(%d+)/(%d+)/(%d+)/([01])')
    rule = { scope = scope }
    if most then
      local interval = per / most
      rule.rate = { interval = interval, ahead = (burst - 1) * interval, keyed = keyed == '1' }
    end
    local slots, slots_keyed = string.match(text, 'c=(%d+)/([01])')
    if slots then rule.slots = { most = tonumber(slots), keyed = slots_keyed == '1' } end
  end
  rules[scope] = rule
  return rule
end

local function add_limits(list, scope, key, keyed)
  local rule = rule_of(scope)
  if not rule then return end
  local base = keyed and scope .. '#' .. key or scope
  if rule.slots and rule.slots.keyed == keyed then list[#list + 1] = { base = base, most = rule.slots.most } end
  if rule.rate and rule.rate.keyed == keyed then list[#list + 1] = { base = base, rate = rule.rate } end
end

-- The limits of a task, the narrowest first. Those of a type without a key are the same for all its tasks.
local plain = {}
local function limits_on(name, extras)
  local key = extra(extras, 'g')
  if not key and plain[name] then return plain[name] end
  local list = {}
  add_limits(list, 't:' .. name, key or '', true)
  add_limits(list, 't:' .. name, key or '', false)
  add_limits(list, 'q', '', false)
  if not key then plain[name] = list end
  return list
end

-- What this call knows of each base: slots in use, when its next start is due. Written back once, by `admitted`.
local used, due, holds, taken = {}, {}, {}, {}

-- When a limit may have room: nothing while it has, else a time, or NEVER.
local function full_until(one, at_ms)
  local base = one.base
  if one.most then
    used[base] = used[base] or redis.call('SCARD', limits .. 'slots:' .. base)
    return used[base] >= one.most and NEVER or nil -- guard: a slot is free
  end
  local ahead, interval = one.rate.ahead, one.rate.interval
  if not due[base] then
    local known = redis.call('HMGET', DUE, base, 'hold:' .. base)
    due[base] = tonumber(known[1] or 0)
    -- No start is due further ahead, unless the clock went back: what is kept is set right, too.
    if due[base] > at_ms + ahead + interval then
      due[base] = at_ms + ahead + interval
      taken[base] = taken[base] or {}
    end
    holds[base] = tonumber(known[2] or 0)
  end
  local from = math.max(due[base] - ahead, holds[base])
  return at_ms < from and from or nil -- guard: its time has come
end

local function use_up(id, list, at_ms)
  local bases = ''
  for _, one in ipairs(list) do
    local base = one.base
    if one.most then
      used[base] = used[base] + 1
      taken[base] = taken[base] or {}
      table.insert(taken[base], id)
      bases = bases == '' and base or bases .. ' ' .. base
    else
      -- One that comes a moment late does not put off all that follow.
      local late = math.min(one.rate.interval / 2, LATE_MOST)
      due[base] = (due[base] < at_ms - late and at_ms or due[base]) + one.rate.interval
      taken[base] = taken[base] or {}
    end
  end
  return bases
end

-- The first turn in a line, or nothing when it is empty.
local firsts = {}
local function first_in(line)
  if firsts[line] == nil then firsts[line] = tonumber(redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')[2]) or false end
  return firsts[line]
end

-- Turns are given in the order in which tasks are first met, and kept: one that comes back after its lease ended, or that
-- was given back, is before those behind it again.
local turn_now = nil
local function next_turn()
  turn_now = (turn_now or tonumber(redis.call('HGET', meta, 'turn') or 0)) + 1
  return turn_now
end

local function turn_of(record)
  return record and tonumber(string.match(record, '^%d+')) or nil
end

local turns = {}
local function note_turn(id, turn, bases)
  turns[#turns + 1] = id
  turns[#turns + 1] = turn .. '|' .. bases
end

-- @param place its turn, or in a wider line when it came there. left: the lines it left for that.
local function stand_in(id, priority, base, place, from, left)
  local line = line_of(priority, base)
  local first = first_in(line)
  if not first then redis.call('ZADD', READY[priority], from, base) end
  if not first or place < first then firsts[line] = place end
  redis.call('ZADD', line, place, id)
  redis.call('HSET', WAITING, id, priority .. ':' .. base .. (left and '<' .. left or ''))
end

local function has_left(left, base)
  return left ~= nil and string.find(',' .. left .. ',', ',' .. base .. ',', 1, true) ~= nil
end

-- The limit at which a task has to wait, and from when on there may be room: it has none left, or others are before it. In
-- the line in which it stands nobody is, nor in those that it left as their first.
local function stopped_at(list, priority, turn, at_ms, own, left)
  for _, one in ipairs(list) do
    local from = full_until(one, at_ms)
    if from then return one, from end
    local first = one.base ~= own and first_in(line_of(priority, one.base))
    local is_before = first and (one.base == list[1].base and turn and turn < first or one.base ~= list[1].base and has_left(left, one.base))
    if first and not is_before then return one, at_ms end -- guard: others of its limit are before it
  end
  return nil
end

-- A task that comes back from its worker stands in the line of its narrowest limit, before those that came after it. Says no
-- when it is under none.
local function line_up(id, priority, at_ms)
  local turn = turn_of(redis.call('HGET', TURNS, id))
  if not turn then return false end
  local _, name, extras = parse_header(redis.call('HGET', tasks, id))
  local first = limits_on(name, extras)[1]
  if first then stand_in(id, priority, first.base, turn, at_ms) end
  return first ~= nil
end

-- Lets nothing more start under the rates of a task until a time. Says whether it has one.
local function hold_back(id, until_ms)
  local _, name, extras = parse_header(redis.call('HGET', tasks, id))
  local any = false
  for _, one in ipairs(limits_on(name, extras)) do
    if one.rate then
      local held = 'hold:' .. one.base
      if until_ms > tonumber(redis.call('HGET', DUE, held) or 0) then -- guard: never earlier
        redis.call('HSET', DUE, held, string.format('%.0f', until_ms))
      end
      any = true
      break
    end
  end
  return any
end

-- Admits a task that stood in its queue's line, or leaves it in the line of the limit that is in its way.
local function admit(id, priority, envelope, record, at_ms)
  local _, name, extras = parse_header(envelope)
  local list = limits_on(name, extras)
  if #list == 0 then return true end -- guard: it is under a limit
  local turn = turn_of(record)
  local one, from = stopped_at(list, priority, turn, at_ms)
  turn = turn or next_turn()
  if one then
    -- From there the first one of its line goes on to a wider one, and no other.
    local base = list[1].base
    stand_in(id, priority, base, turn, one.base == base and from or at_ms)
    note_turn(id, turn, '')
    return false
  end
  note_turn(id, turn, use_up(id, list, at_ms))
  return true
end

local function admitted()
  for base, ids in pairs(taken) do
    if #ids > 0 then redis.call('SADD', limits .. 'slots:' .. base, unpack(ids)) end
    if due[base] then redis.call('HSET', DUE, base, string.format('%.3f', due[base])) end
  end
  if #turns > 0 then redis.call('HSET', TURNS, unpack(turns)) end
  if turn_now then redis.call('HSET', meta, 'turn', turn_now) end
end

-- The line is asked again from then on, if anything is left in it.
local function ask_from(priority, base, score)
  if first_in(line_of(priority, base)) then redis.call('ZADD', READY[priority], score, base)
  else redis.call('ZREM', READY[priority], base) end
end

-- The first of a line goes where it is stopped: back into a line that it had left, or on into a wider one.
local function move_on(id, priority, base, left, turn, list, one, from)
  for _, known in ipairs(list) do
    if known.base == base then break end
    if known.base == one.base then
      reopen_lines(priority, left)
      stand_in(id, priority, one.base, turn, from)
      redis.call('ZADD', READY[priority], from, one.base)
      return true
    end
  end
  stand_in(id, priority, one.base, next_turn(), from, left == '' and base or base .. ',' .. left)
  ask_from(priority, base, NEVER)
  return false
end

-- Admits the first task of a line, if it may start. Gives its id and envelope, or nothing; and whether to ask the line again.
local function admit_first(priority, base, at_ms, may_start)
  local line = line_of(priority, base)
  local id, place = unpack(redis.call('ZRANGE', line, 0, 0, 'WITHSCORES'))
  firsts[line] = tonumber(place) or false
  if not id then
    redis.call('ZREM', READY[priority], base)
    return nil, nil, false
  end
  local function step_out()
    redis.call('ZREM', line, id)
    firsts[line] = nil
    if not first_in(line) then redis.call('ZREM', READY[priority], base) end
  end
  local function leave()
    step_out()
    redis.call('HDEL', WAITING, id)
  end
  local envelope = redis.call('HGET', tasks, id)
  local known, here, left = parse_place(redis.call('HGET', WAITING, id))
  if not envelope or known ~= priority or here ~= base or redis.call('HEXISTS', holders, id) == 1 then -- guard: it waits here
    if envelope then step_out() else leave() end
    return nil, nil, true
  end
  local _, name, extras = parse_header(envelope)
  local list = limits_on(name, extras)
  local turn = turn_of(redis.call('HGET', TURNS, id)) or tonumber(place)
  local one, from = stopped_at(list, priority, turn, at_ms, base, left)
  if one and one.base == base then
    redis.call('ZADD', READY[priority], from, base)
    return nil, nil, false
  end
  if one then
    leave()
    return nil, nil, move_on(id, priority, base, left, turn, list, one, from)
  end
  local verdict = may_start(id, envelope)
  if verdict == 'stop' then return nil, nil, false end
  leave()
  -- To its queue's line, where those wait that may not run beside others; it keeps its turn.
  if verdict == 'line' then
    reopen_lines(priority, left)
    return id, nil, true
  end
  note_turn(id, turn, use_up(id, list, at_ms))
  -- Served now, it comes after those that were not: round robin over the lines.
  local score = at_ms
  for _, other in ipairs(list) do
    local next_from = full_until(other, at_ms) or at_ms
    if other.base == base then score = math.max(score, next_from)
    elseif has_left(left, other.base) then ask_from(priority, other.base, next_from) end
  end
  ask_from(priority, base, score)
  return id, envelope, score == at_ms
end
