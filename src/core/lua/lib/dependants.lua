-- Tasks that depend on others. `parents` has what each such task depends on; `dependants` has the tasks that others
-- depend on, with the mark of the last death of each, or 1, and `children:<id>` names those others. How one of either ended is a fact in `outbox`, `outcome mark number`:
-- outcome `done`, `dead` (mark: when it died, or later: it grows from death to death), `gone` (cancelled, or purged for good), or `new` for a task whose parents in
-- other queues are to be asked. Whoever forwards it tells children and parents, in whatever queue they are; a later fact
-- of the same task takes the place of one that is not forwarded yet.
-- NEEDS: dependants parents kept outbox meta
local any_related = nil
local function has_related()
  if any_related == nil then any_related = redis.call('EXISTS', dependants, parents) > 0 end
  return any_related
end

-- Those who forward sleep; lost, or not permitted, being told is all that is missing.
local is_told = false
local function put_fact(id, outcome, mark)
  redis.call('HSET', outbox, id, outcome .. ' ' .. mark .. ' ' .. redis.call('HINCRBY', meta, 'facts', 1))
  if not is_told then redis.pcall('PUBLISH', outbox, '1') end
  is_told = true
end

-- Notes how a task ended, if that is of concern to another.
-- @param record what its children may read of it, as long as there are any.
local function ended(id, outcome, mark, record)
  if not has_related() then return end
  local is_parent = redis.call('HGET', dependants, id)
  if is_parent and outcome == 'dead' then
    -- Its children hear only of later deaths, and the clock may have stepped back since the last one.
    mark = math.max(mark, is_parent + 1)
    redis.call('HSET', dependants, id, mark)
  end
  if is_parent and record then redis.call('HSET', kept, id, record) end
  if is_parent or redis.call('HEXISTS', parents, id) == 1 then put_fact(id, outcome, mark) end
end
