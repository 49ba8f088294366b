-- Bulk operations. `operations[id]` is what was asked for, JSON that no script reads, and `operations[id:at]` how far it is:
-- `state|scanned|done|skipped|due ms|updated ms|cursor`. `meta.operations` counts those that run.
-- NEEDS: operations meta
local function operation_at(id)
  local text = redis.call('HGET', operations, id .. ':at')
  if not text then return nil end
  local state, scanned, done, skipped, due, updated, cursor = string.match(text, '^(%l+)|(%d+)|(%d+)|(%d+)|(%d+)|(%d+)|(.*)$')
  if not state then return nil end
  return { state = state, scanned = tonumber(scanned), done = tonumber(done), skipped = tonumber(skipped),
    due = tonumber(due), updated = tonumber(updated), cursor = cursor }
end

local function operation_put(id, at)
  redis.call('HSET', operations, id .. ':at', table.concat({ at.state, at.scanned, at.done, at.skipped,
    string.format('%.0f', at.due), string.format('%.0f', at.updated), at.cursor }, '|'))
end

-- What runs no more is not driven; what is over is kept for a while, to be looked at.
local function operation_counted(by)
  if redis.call('HINCRBY', meta, 'operations', by) <= 0 then redis.call('HDEL', meta, 'operations') end
end
