-- `attempts`: `runs,retries,crashes,suspect,snoozes,unknownSince` of a task that failed, crashed or was put off.
-- suspect: how often in a row its worker died while it was there. Once is bad luck, that of the ninety-nine beside the one
-- that did it. From the second time on it runs where its death is its own: in a process of its own, or alone. Where a
-- process of its own did not keep it from taking its worker along, only alone will do.
-- NEEDS: attempts
local RUNS, RETRIES, CRASHES, SUSPECT, SNOOZES, UNKNOWN = 1, 2, 3, 4, 5, 6
local SUSPECTED, CONTAINED_LAST = 2, 3

local function attempts_of(text)
  local a = { 0, 0, 0, 0, 0, 0 }
  if text then
    local i = 1
    for n in string.gmatch(text, '%d+') do
      a[i] = tonumber(n)
      i = i + 1
    end
  end
  return a
end

local function attempts_put(id, a)
  redis.call('HSET', attempts, id, table.concat(a, ','))
end
