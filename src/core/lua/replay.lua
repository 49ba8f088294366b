#!lua flags=allow-oom
-- dead → pending: retries and crashes start anew, the count of attempts goes on.
-- KEYS: tasks pending_high pending_default pending_low ghosts attempts dead idem tombs counters wake meta audit op series
-- ARGV: now call by operation ids...
-- Reply: letters `r` replayed, `d` duplicate of the owner of its idempotency key, `n` not dead; then ` index:owner`
-- USES: clock op tally wake envelope attempts audit
local was = op_seen()
if was then return was end -- guard: repeated call

local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local out, owners, n = {}, {}, 0

local function replay(id)
  if not redis.call('ZSCORE', dead, id) then return 'n' end -- guard: dead
  local priority, name, extras = parse_header(redis.call('HGET', tasks, id))
  local sha = extra(extras, 'i')
  if sha then
    local owner = redis.call('GET', idem .. sha)
    if owner and owner ~= id then return 'd', owner end -- guard: idempotency key is taken
    redis.call('SET', idem .. sha, id)
  end
  redis.call('ZREM', dead, id)
  redis.call('ZREM', tombs, id)
  local a = attempts_of(redis.call('HGET', attempts, id))
  attempts_put(id, { a[RUNS], 0, 0, 0, 0, 0 })
  if redis.call('HDEL', ghosts, id) == 0 then redis.call('LPUSH', PENDING[priority], id) end
  tally('replayed', name, 1)
  return 'r'
end

for i = ids, #ARGV do
  local letter, owner = replay(ARGV[i])
  out[#out + 1] = letter
  if owner then owners[#owners + 1] = ' ' .. (#out - 1) .. ':' .. owner end
  if letter == 'r' then n = n + 1 end
end
if n > 0 then
  audit_add('replay', by, n, operation)
  touch_wake()
end
return op_done(letters(out) .. table.concat(owners))
