-- The first line of an envelope is all of it that a script reads: `<priority>|<type>`, or `<priority>x|<type>|<extras>`
-- with extras `i=<sha>` (idempotency key), `k=<seconds>` (its life after success), `h=<hash>` (the id is the caller's),
-- `t=<ms>` (its own timeout), `u=<sha>` (what makes it unique) with `w=<ms>` (for how long).
-- NEEDS: idem tombs
local LISTS = {}
local function parse_header(envelope)
  local priority, rest = string.match(envelope or '', '^([hdl])x?|([^\n]*)')
  if not priority then return 'd', 'malformed', '' end
  local name, extras = string.match(rest, '^([^|]*)|?(.*)$')
  return priority, name, extras
end

local function extra(extras, key)
  return string.match(extras, key .. '=([^|]*)')
end

-- A number among the extras; nothing when it is none, or beyond `most`: what others wrote must not stop a script.
local function extra_number(extras, key, most)
  local n = tonumber(string.match(extra(extras, key) or '', '^%d+$'))
  return n and n <= most and n or nil
end

-- The keys of uniqueness stand beside those of idempotency: a script that declares the one prefix has the other.
local function unique_key(sha)
  return string.sub(idem, 1, -6) .. 'uniq:' .. sha
end

local function unique_owner(extras)
  local sha = extra(extras, 'u')
  return sha and redis.call('GET', unique_key(sha))
end

local function unique_take(id, extras)
  local sha, window = extra(extras, 'u'), extra_number(extras, 'w', 315360000000)
  if sha and window then redis.call('SET', unique_key(sha), id, 'PX', window) end
end

-- Frees what a task holds outside its place. After success its idempotency key lives on for its TTL, and what makes it
-- unique for the rest of its time, else both are free at once. An id that a caller chose leaves a tomb: expiry in seconds * 2^20 + a hash of the content, so that the same
-- call again is a duplicate, and another one with this id a conflict.
local function let_go(id, extras, at_ms, succeeded)
  if extras == '' then return end
  local ttl = extra_number(extras, 'k', 4000000000) or 86400
  local sha = extra(extras, 'i')
  if sha and redis.call('GET', idem .. sha) == id then -- guard: only the owner of its idempotency key
    if succeeded then redis.call('PEXPIRE', idem .. sha, ttl * 1000) else redis.call('DEL', idem .. sha) end
  end
  local unique = not succeeded and extra(extras, 'u')
  if unique and redis.call('GET', unique_key(unique)) == id then -- guard: only the owner of what makes it unique
    redis.call('DEL', unique_key(unique))
  end
  local hash = extra_number(extras, 'h', 1048575)
  if hash then
    redis.call('ZADD', tombs, (math.floor(at_ms / 1000) + ttl) * 1048576 + hash, id)
  end
end
