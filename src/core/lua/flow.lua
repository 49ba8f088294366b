#!lua
-- none → blocked | pending | scheduled | dead `parent_failed`: tasks that depend on others, and those they depend on.
-- Refused under memory pressure.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled blocked parents edges dependants children kept outbox attempts dead trashed results failures groups tombs idem counters series wake meta limits op
-- ARGV: now call maxBytes queue together items...
-- queue: the name of this one. together: `1` when none is to be enqueued unless all can be.
-- items: per task `id priority type when time sha hash envelope n`, n times `policy parent`, `m`, m times `child`.
--   when, time: as for `enqueue`, `now` with 0. sha, hash: or ''. policy: see `lib/blocked.lua`; in capitals when the parent
--   is yet to come. parent, child: `queue/id`; children only of other queues.
-- Reply: letters `e` enqueued, `d` duplicate, `c` conflict, `x` too large, `l` beyond a limit of what may be enqueued,
--   `u` a parent is unknown, `r` refused with others; then ` index:owner` per duplicate key, ` index:parent` per unknown parent
-- USES: clock op tally wake envelope dependants attempts groups die parent blocked limits doors
local was = op_seen()
if was then return was end -- guard: repeated call

local m = redis.call('HMGET', meta, 'clock', 'format', 'maxbytes')
local at_ms = present_ms(m[1], m[2])
local all, mine, keys_taken = {}, {}, {}
local own = queue .. '/'

local function read_tasks()
  local i = items
  while ARGV[i] do
    local task = { id = ARGV[i], name = ARGV[i + 2], when = ARGV[i + 3], time = ARGV[i + 4], sha = ARGV[i + 5],
      hash = ARGV[i + 6], envelope = ARGV[i + 7], edges = {}, children = {} }
    i = i + 9
    for _ = 1, ARGV[i - 1] do
      local policy, parent = ARGV[i], ARGV[i + 1]
      local is_own = string.sub(parent, 1, #own) == own
      local lower = string.lower(policy)
      table.insert(task.edges, { policy = lower, parent = parent, comes = policy ~= lower,
        id = is_own and string.sub(parent, #own + 1) })
      i = i + 2
    end
    for n = 1, ARGV[i] do task.children[n] = ARGV[i + n] end
    i = i + 1 + ARGV[i]
    all[#all + 1] = task
  end
end

local function known_letter(have, task)
  if have == task.envelope then return 'd' end
  local _, _, extras = parse_header(have)
  return task.hash ~= '' and extra(extras, 'h') == task.hash and 'd' or 'c'
end

-- How a task stands that was there before this call: many may ask for the same one.
local stands = {}
local function stand_of(id)
  if not stands[id] then stands[id] = { outcome_of(id) } end
  return stands[id][1], stands[id][2]
end

-- The letter that refuses a task, and what it is about.
local function refusal(task)
  if #task.envelope > tonumber(maxBytes) then return 'x' end -- guard: size
  local have = redis.call('HGET', tasks, task.id) or (mine[task.id] and mine[task.id].envelope)
  if have then return known_letter(have, task) end -- guard: id is live
  if task.hash ~= '' then
    local tomb = redis.call('ZSCORE', tombs, task.id)
    if tomb then return (tonumber(tomb) % 1048576 == tonumber(task.hash)) and 'd' or 'c' end -- guard: id is gone
  end
  -- What is left of an earlier task of this id is being cleared away.
  if redis.call('HEXISTS', parents, task.id) == 1 then return 'c' end -- guard: nothing is left of this id
  if task.sha ~= '' then
    local owner = keys_taken[task.sha] or redis.call('GET', idem .. task.sha)
    if owner then return 'd', owner end -- guard: idempotency key is taken
  end
  for _, edge in ipairs(task.edges) do
    if edge.id and not edge.comes and not mine[edge.id] and not stand_of(edge.id) then -- guard: parents are known
      return 'u', edge.parent
    end
  end
  return nil
end

local out, about, is_refused = {}, {}, false
local function judge()
  for i, task in ipairs(all) do
    local letter, what = refusal(task)
    if not letter and have_rules and not is_let_in(task.name, at_ms) then letter = 'l' end
    out[i] = letter or 'e'
    if what then about[#about + 1] = ' ' .. (i - 1) .. ':' .. what end
    if not letter then
      mine[task.id] = task
      if task.sha ~= '' then keys_taken[task.sha] = task.id end
    elseif letter ~= 'd' then
      is_refused = true
    end
  end
end

-- Of each parent those who depend on it from now on.
local joined = {}
local function join(parent, child)
  joined[parent] = joined[parent] or {}
  table.insert(joined[parent], child)
end

-- More values at once do not fit onto Lua's stack.
local VALUES = 5000
local function note_joined()
  for parent, list in pairs(joined) do
    for i = 1, #list, VALUES do
      redis.call('SADD', children .. parent, unpack(list, i, math.min(i + VALUES - 1, #list)))
    end
    local stand = stands[parent] or {}
    has_dependants(parent, stand[2] or 0)
    if stand[3] then redis.call('HSETNX', kept, parent, stand[3]) end
  end
end

-- How many of its edges are open; notes the parent that fails it, and whether parents elsewhere have to be asked.
local function open_edges(task, fields)
  local open = 0
  for _, edge in ipairs(task.edges) do
    local outcome, mark = 'live', 0
    if edge.id then
      if not edge.comes and not mine[edge.id] then outcome, mark = stand_of(edge.id) end
      join(edge.id, own .. task.id)
    elseif not edge.comes then
      task.asks = true
    end
    local is_closed = outcome == 'done' or outcome == 'gone' or (outcome == 'dead' and edge.policy == 'i')
    if not is_closed then
      open = open + 1
      fields[#fields + 1] = task.id .. ' ' .. edge.parent
      fields[#fields + 1] = edge.policy .. mark
    end
    if (outcome == 'gone' and edge.policy ~= 'i') or (outcome == 'dead' and edge.policy == 'f') then task.fails = edge.parent end
  end
  return open
end

local function store(task)
  redis.call('HSET', tasks, task.id, task.envelope)
  if task.sha ~= '' then redis.call('SET', idem .. task.sha, task.id) end
  for _, child in ipairs(task.children) do join(task.id, child) end
  if #task.edges == 0 then return end
  local refs, fields = {}, {}
  for n, edge in ipairs(task.edges) do refs[n] = edge.parent end
  task.open = open_edges(task, fields)
  redis.call('HSET', parents, task.id, task.when .. ' ' .. task.time .. ' ' .. table.concat(refs, ' '))
  if task.open > 0 then redis.call('HSET', edges, task.id, task.open, unpack(fields)) end
end

local added, deaths, any_now, soonest, biggest = 0, 0, false, nil, 0
local function place(task)
  if task.fails then
    die_of_parent(task.id, task.fails, at_ms)
    deaths = deaths + 1
  elseif (task.open or 0) > 0 then
    redis.call('ZADD', blocked, at_ms, task.id)
  else
    local due = set_free(task.id, task.when, task.time, at_ms)
    if not due then any_now = true
    elseif not soonest or due < soonest then soonest = due end
  end
  -- After its death: that fact is the later one, and asks as well.
  if task.asks and not task.fails then put_fact(task.id, 'new', 0) end
  if #task.envelope > biggest then biggest = #task.envelope end
  tally('enqueued', task.name, 1)
  added = added + 1
end

read_tasks()
judge()
if is_refused and together == '1' then -- guard: all or none
  for i = 1, #out do
    if out[i] == 'e' then out[i] = 'r' end
  end
  return op_done(letters(out) .. table.concat(about))
end
for i, task in ipairs(all) do
  if out[i] == 'e' then store(task) end
end
note_joined()
for i, task in ipairs(all) do
  if out[i] == 'e' then place(task) end
end
doors_used()
if added > 0 then series_add(at_ms, ENQUEUED, added, DIED, deaths) end
if biggest > tonumber(m[3] or 0) then redis.call('HSET', meta, 'maxbytes', biggest) end
if any_now then touch_wake() end
if soonest then nudge(soonest) end
return op_done(letters(out) .. table.concat(about))
