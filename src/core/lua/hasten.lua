#!lua flags=allow-oom
-- scheduled | retrying → pending now, to the end of its line, whatever time it waits for. What is counted of it goes on.
-- KEYS: tasks pending_high pending_default pending_low ghosts scheduled completed wake audit op
-- ARGV: call by ids...
-- Reply: letters `h` hastened, `w` waits for no time, `n` not found
-- USES: op wake audit
local was = op_seen()
if was then return was end -- guard: repeated call

local PENDING = { h = pending_high, d = pending_default, l = pending_low }
local out, n = {}, 0

-- The letter under which it waits: that of the line it goes to.
local function leave_schedule(id)
  for letter in pairs(PENDING) do
    if redis.call('ZREM', scheduled, letter .. id) == 1 then return letter end
  end
  return nil
end

local function hasten(id)
  if redis.call('HEXISTS', tasks, id) == 0 then -- guard: here
    return redis.call('ZSCORE', completed, id) and 'w' or 'n'
  end
  local letter = leave_schedule(id)
  if not letter then return 'w' end -- guard: it waits for a time
  -- An old entry of this id that is still in line is its place again.
  if redis.call('HDEL', ghosts, id) == 0 then redis.call('LPUSH', PENDING[letter], id) end -- guard: only what has no entry in line
  return 'h'
end

for i = ids, #ARGV do
  out[#out + 1] = hasten(ARGV[i])
  if out[#out] == 'h' then n = n + 1 end
end
if n > 0 then
  audit_add('run', by, n, ARGV[ids])
  touch_wake()
end
return op_done(letters(out))
