-- `attempts`: `runs,retries,crashes,suspect,snoozes,unknownSince` of a task that failed, crashed or was put off.
-- NEEDS: attempts
local RUNS, RETRIES, CRASHES, SUSPECT, SNOOZES, UNKNOWN = 1, 2, 3, 4, 5, 6

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
