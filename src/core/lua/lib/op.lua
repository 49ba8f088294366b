-- Repeated calls. A reply can be lost after the script ran, and the client then sends the same call again. `op` holds the
-- answers of one client's last 64 calls on this queue: the same number gets the stored answer, and one that the ring has
-- left behind is `superseded` and does nothing. A client keeps fewer than 64 calls in flight.
-- NEEDS: op call
local function op_seen()
  local was = redis.call('HGET', op, call % 64)
  if not was then return nil end
  local number, answer = string.match(was, '^(%d+) (.*)$')
  if number == call then return answer end -- guard: repeated call
  if tonumber(number) > tonumber(call) then return 'superseded' end -- guard: a call the ring has left behind
  return nil
end

local function op_done(answer)
  redis.call('HSET', op, call % 64, call .. ' ' .. answer)
  redis.call('PEXPIRE', op, 600000)
  return answer
end

-- One letter per item, in order; `=x` when all have the same.
local function letters(list)
  local first = list[1]
  for i = 2, #list do
    if list[i] ~= first then return table.concat(list) end
  end
  return '=' .. (first or '')
end
