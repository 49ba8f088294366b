-- Uniqueness in mode `replace`: a task that still waits for its first run becomes what a newer one is, under its own id.
-- NEEDS: tasks holders attempts scheduled ghosts idem tombs limits
-- USES: tally envelope attempts limits

-- Where a task waits that never ran: `pending`, `limited` or `scheduled`; nothing when it ran, runs or is no more. An owner is never
-- dead: death frees what makes it unique.
local function waiting_place(id)
  if redis.call('HEXISTS', tasks, id) == 0 then return nil end -- guard: it is gone
  if redis.call('HEXISTS', holders, id) == 1 then return nil end -- guard: it runs
  if attempts_of(redis.call('HGET', attempts, id))[RUNS] > 0 then return nil end -- guard: it ran before
  if redis.call('HEXISTS', limits .. 'waiting', id) == 1 then return 'limited' end
  local due = redis.call('ZMSCORE', scheduled, 'h' .. id, 'd' .. id, 'l' .. id)
  return (due[1] or due[2] or due[3]) and 'scheduled' or 'pending'
end

-- Gives the owner its new content. What it was is over as if it had been done: its idempotency key and its id stay known
-- for their time. What is in line and due at once keeps its place there, and with it its priority.
-- Returns whether the owner has to be put where a new task would go.
local function unique_replace(owner, place, envelope, is_due, at_ms)
  local letter, _, extras = parse_header(redis.call('HGET', tasks, owner))
  let_go(owner, extras, at_ms, true)
  -- One that waits under a limit of another key waits there no more.
  local is_moved = place == 'limited' and extra(extras, 'g') ~= extra(select(3, parse_header(envelope)), 'g')
  local stays = place ~= 'scheduled' and is_due and not is_moved
  if stays then envelope = letter .. string.sub(envelope, 2) end
  redis.call('HSET', tasks, owner, envelope)
  local _, name, new_extras = parse_header(envelope)
  local sha = extra(new_extras, 'i')
  if sha then redis.call('SET', idem .. sha, owner) end
  unique_take(owner, new_extras)
  tally('replaced', name, 1)
  if stays then return false end
  if place == 'scheduled' then redis.call('ZREM', scheduled, 'h' .. owner, 'd' .. owner, 'l' .. owner)
  elseif not leave_line(owner) then redis.call('HSET', ghosts, owner, 1) end
  return true
end
