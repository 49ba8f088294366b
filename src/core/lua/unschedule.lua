#!lua flags=allow-oom
-- Ends a schedule in its queue: its cursor goes, tasks it made stay.
-- KEYS: cursors audit
-- ARGV: name by
-- Reply: `removed` | `unknown`
-- USES: audit
if redis.call('ZREM', cursors, name) == 0 then return 'unknown' end -- guard: it has a cursor
audit_add('unschedule', by, 1, name)
return 'removed'
