#!lua flags=allow-oom
-- Takes facts that were forwarded out of the outbox. Naturally repeatable.
-- KEYS: outbox parents edges
-- ARGV: items...
-- items: per fact `id fact`, as it was read.
-- Reply: how many of them were still there
local n = 0

-- It left: what it depended on is of interest to nobody.
local function forget(id)
  for parent in string.gmatch(redis.call('HGET', parents, id) or '', '%S+/%S+') do
    redis.call('HDEL', edges, id .. ' ' .. parent)
  end
  redis.call('HDEL', edges, id)
  redis.call('HDEL', parents, id)
end

for i = items, #ARGV, 2 do
  local id, fact = ARGV[i], ARGV[i + 1]
  if redis.call('HGET', outbox, id) == fact then -- guard: no later fact took its place
    redis.call('HDEL', outbox, id)
    local outcome = string.match(fact, '^%l+')
    if outcome == 'done' or outcome == 'gone' then forget(id) end -- guard: only what left
    n = n + 1
  end
end
return n
