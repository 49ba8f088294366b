#!lua flags=allow-oom
-- Keeps which tasks of other queues depend on a task, and says how it stands. Naturally repeatable.
-- KEYS: tasks dead trashed results kept dependants children
-- ARGV: items...
-- items: per edge `sign parent child`: `+` the child depends on it, `-` no longer; parent: id, child: `queue/id`.
-- Reply: { outcome, mark, … }: `live`, `done`, `gone`, `dead` and the mark of its death, or `unknown`; of `-` `forgotten`
-- USES: parent
local out = {}

local function add(parent, child)
  local outcome, mark, record = outcome_of(parent)
  if not outcome then return 'unknown', 0 end -- guard: a parent that is known
  redis.call('SADD', children .. parent, child)
  has_dependants(parent, mark)
  if record then redis.call('HSETNX', kept, parent, record) end
  return outcome, mark
end

-- What is kept of a finished parent goes with the last of its children.
local function forget(parent, child)
  redis.call('SREM', children .. parent, child)
  if redis.call('EXISTS', children .. parent) == 0 then -- guard: the last of its children
    redis.call('HDEL', dependants, parent)
    redis.call('HDEL', kept, parent)
  end
  return 'forgotten', 0
end

for i = items, #ARGV, 3 do
  local act = ARGV[i] == '+' and add or forget
  out[#out + 1], out[#out + 2] = act(ARGV[i + 1], ARGV[i + 2])
end
return out
