-- Who changed what: the last 10,000 or so changes by hand.
-- NEEDS: audit
local function audit_add(action, by, n, detail)
  redis.call('XADD', audit, 'MAXLEN', '~', 10000, '*', 'action', action, 'by', by, 'count', n, 'detail', detail)
end
