#!lua flags=allow-oom
-- dead → trash, kept until `trashMs` have passed, or with trashMs 0 gone at once.
-- KEYS: tasks attempts failures dead trash trashed counters series meta audit idem tombs groups dependants parents kept outbox op
-- ARGV: now call by operation trashMs ids...
-- Reply: letters `p` purged, `n` not dead
-- USES: clock op tally envelope audit purged groups dependants
local was = op_seen()
if was then return was end -- guard: repeated call

local at_ms = clock_ms()
local out, n = {}, 0

for i = ids, #ARGV do
  out[#out + 1] = purge(ARGV[i], at_ms, tonumber(trashMs), operation)
  if out[#out] == 'p' then n = n + 1 end
end
if n > 0 then audit_add('purge', by, n, operation) end
return op_done(letters(out))
