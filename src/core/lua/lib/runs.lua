-- What a schedule did in its queue. `runs[name]` is `revision|waiting|last|carry`, then at most twenty lines, newest first:
-- `f <slot> <at>` it fired, `t <at> <at>` by hand, `m` or `o` `<first slot> <at> <count>`: so many slots passed, missed or since
-- the run before went on. waiting: the run that waits for the one before to end. last: the run that came last; a run is
-- named by its slot, or `t` and the time of a trigger, and its task is `<name>:<run>`. carry: where it was when it left this
-- queue for another one.
-- NEEDS: runs
local RUNS_KEPT = 20

local function runs_of(name)
  local text = redis.call('HGET', runs, name)
  local head, lines = string.match(text or '', '^([^\n]*)\n?(.*)$')
  local rev, waiting, last, carry = string.match(head, '^([^|]*)|([^|]*)|([^|]*)|([^|]*)$')
  local s = { rev = rev or '', waiting = waiting or '', last = last or '', carry = carry or '', lines = {} }
  for line in string.gmatch(lines, '[^\n]+') do s.lines[#s.lines + 1] = line end
  return s
end

local function runs_put(name, s)
  local head = table.concat({ s.rev, s.waiting, s.last, s.carry }, '|')
  local text = { head }
  for i = 1, math.min(#s.lines, RUNS_KEPT) do text[i + 1] = s.lines[i] end
  redis.call('HSET', runs, name, table.concat(text, '\n'))
end

-- Slots that pass one after the other for the same reason are one line.
local function runs_pass(s, why, first, at_ms, n)
  local was, count = string.match(s.lines[1] or '', '^' .. why .. ' (%d+) %d+ (%d+)$')
  if was then
    s.lines[1] = string.format('%s %s %.0f %d', why, was, at_ms, count + n)
  else
    table.insert(s.lines, 1, string.format('%s %s %.0f %d', why, first, at_ms, n))
  end
end
