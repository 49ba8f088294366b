#!lua flags=allow-oom
-- trash → dead, at the place by time that it had.
-- KEYS: tasks dead trash trashed counters series meta audit idem tombs failures groups op
-- ARGV: now call by operation ids...
-- Reply: letters `u` undone, `n` not in the trash
-- USES: clock op tally envelope audit groups
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, n = {}, 0

local function undo(id)
  if redis.call('ZREM', trash, id) == 0 then return 'n' end -- guard: in the trash
  local died = string.match(redis.call('HGET', trashed, id) or '', '^(%d+)|')
  redis.call('HDEL', trashed, id)
  redis.call('ZADD', dead, died or at_ms, id)
  local _, name = parse_header(redis.call('HGET', tasks, id))
  group_enter(newest_line(id), name, tonumber(died) or at_ms, false)
  tally('restored', name, 1)
  return 'u'
end

for i = ids, #ARGV do
  out[#out + 1] = undo(ARGV[i])
  if out[#out] == 'u' then n = n + 1 end
end
if n > 0 then audit_add('undo', by, n, operation) end
return op_done(letters(out))
