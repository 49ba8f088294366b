#!lua flags=allow-oom
-- Sets the limits of a queue and of its types, or takes them away. What waits under one is asked again at once.
-- KEYS: limits wake meta audit op
-- ARGV: now call by source items...
-- source: `hand`, or `code` for what workers declare: that never replaces a limit set by hand.
-- items: pairs `scope rule`; scope `q` or `t:<type>`, rule as in `lib/admit.lua`, or '' for none.
-- Reply: letters `s` set, `r` removed, `u` unchanged, `k` kept as set by hand
-- USES: clock op wake limits audit
local was = op_seen()
if was then return was end -- guard: repeated call

local RULES = limits .. 'rules'
local out, changed, at_ms = {}, {}, redis_ms()

-- Lines of a scope, at most 1,000 of each priority: what is left is asked again by `unstick`.
local function ask_again(scope)
  for _, ready in pairs(READY) do
    for _, base in ipairs(redis.call('ZRANGE', ready, 0, 999)) do
      if base == scope or string.sub(base, 1, #scope + 1) == scope .. '#' then redis.call('ZADD', ready, at_ms, base) end
    end
  end
end

-- What the old rate had promised says nothing of the new one; of keys, about 5,000 are forgotten at once.
local function begin_anew(scope)
  local due = limits .. 'due'
  redis.call('HDEL', due, scope, 'hold:' .. scope, 'enqueue:' .. scope)
  local cursor = '0'
  for _ = 1, 5 do
    local keys
    cursor, keys = unpack(redis.call('HSCAN', due, cursor, 'MATCH', string.gsub(scope, '[%[%]*?\\]', '\\%0') .. '#*', 'COUNT', 1000))
    for k = 1, #keys, 2 do redis.call('HDEL', due, keys[k], 'hold:' .. keys[k]) end
    if cursor == '0' then return end
  end
end

for i = items, #ARGV, 2 do
  local scope, rule = ARGV[i], ARGV[i + 1]
  local known = redis.call('HGET', RULES, scope) or ''
  local by_hand = string.sub(known, -7) == ';s=hand'
  local wanted = rule == '' and '' or rule .. ';s=' .. source
  if by_hand and source == 'code' then out[#out + 1] = 'k' -- guard: set by hand
  elseif known == wanted then out[#out + 1] = 'u' -- guard: it is so already
  else
    if wanted == '' then redis.call('HDEL', RULES, scope) else redis.call('HSET', RULES, scope, wanted) end
    begin_anew(scope)
    ask_again(scope)
    out[#out + 1] = wanted == '' and 'r' or 's'
    changed[#changed + 1] = scope .. ' ' .. (rule == '' and 'none' or rule)
  end
end
if #changed > 0 then
  touch_wake()
  if source == 'hand' then audit_add('limit', by, #changed, table.concat(changed, ', ')) end
end
return op_done(letters(out))
