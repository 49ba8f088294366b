#!lua flags=allow-oom
-- dead → pending | blocked (a parent has not completed yet): retries and crashes start anew, the count of attempts goes on.
-- KEYS: tasks pending_high pending_default pending_low ghosts attempts dead idem tombs counters wake meta audit failures groups op series blocked edges
-- ARGV: now call by operation shown envelope ids...
-- shown, envelope: '' both, or for one id the SHA-1 of the envelope that its new one was made from, and the new one.
-- Reply: letters `r` replayed, `d` duplicate of the owner of its idempotency key, `c` changed since, `n` not dead; then ` index:owner`
-- USES: clock op tally wake envelope attempts audit replayed groups
local was = op_seen()
if was then return was end -- guard: repeated call

local out, owners, n = {}, {}, 0

local function replay_edited(id)
  if redis.call('ZSCORE', dead, id) and redis.sha1hex(redis.call('HGET', tasks, id) or '') ~= shown then return 'c' end -- guard: what was shown
  local letter, owner = replay(id)
  if letter == 'r' then -- guard: only what is replayed
    redis.call('HSET', tasks, id, envelope)
    if #envelope > tonumber(redis.call('HGET', meta, 'maxbytes') or 0) then redis.call('HSET', meta, 'maxbytes', #envelope) end
  end
  return letter, owner
end

local each = envelope == '' and replay or replay_edited
for i = ids, #ARGV do
  local letter, owner = each(ARGV[i])
  out[#out + 1] = letter
  if owner then owners[#owners + 1] = ' ' .. (#out - 1) .. ':' .. owner end
  if letter == 'r' then n = n + 1 end
end
if n > 0 then
  if envelope == '' then audit_add('replay', by, n, operation) else audit_add('edited', by, n, ARGV[ids]) end
  touch_wake()
end
return op_done(letters(out) .. table.concat(owners))
