#!lua flags=allow-oom
-- Ends a schedule in its queue: its cursor and its history go, tasks it made stay.
-- KEYS: cursors runs audit
-- ARGV: name by
-- Reply: `removed` | `unknown`
-- USES: audit
if redis.call('ZREM', cursors, name) + redis.call('HDEL', runs, name) == 0 then return 'unknown' end -- guard: it is known here
audit_add('unschedule', by, 1, name)
return 'removed'
