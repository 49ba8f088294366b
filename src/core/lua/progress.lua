#!lua flags=allow-oom
-- active → active: notes how far running tasks are, behind the hold. Naturally repeatable, so it keeps no answers.
-- KEYS: holders grants leases
-- ARGV: items...
-- items: per task `nonce id progress`.
-- Reply: letters `o` ok, `s` stale
-- USES: hold
local out = {}
for i = items, #ARGV, 3 do
  local nonce, id, progress = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local held = redis.call('HGET', holders, id)
  if is_held_by(held, nonce) then -- guard: only its holder
    redis.call('HSET', holders, id, string.match(held, '^[^|]*|%d+|[hdl]|%d+') .. '|' .. progress)
    out[#out + 1] = 'o'
  else
    out[#out + 1] = 's'
  end
end
return table.concat(out)
