"""What Soni asks of Redis, as scripts: each one is all or nothing, and may be asked twice.

A conversation is four keys: ``soni:state:NAME`` (a hash of its newest checkpoints), ``soni:writes:NAME`` (a hash of what a
LangGraph run that is under way has written), ``soni:ledger:NAME`` (a hash of results) and ``soni:transcript:NAME`` (a sorted
set of turns). Two sorted sets lead to them: ``soni:names`` (every name that has one of these keys, in order) and ``soni:last``
(the same names, by when something was last stored).
"""

from dataclasses import dataclass
from typing import Final

NAMES: Final = "soni:names"
LAST: Final = "soni:last"


@dataclass(frozen=True, slots=True)
class Keys:
    """Where a conversation is."""

    conversation: str

    @property
    def state(self) -> str:
        """``ids:NAMESPACE`` → the ids of its checkpoints, newest first; ``at:ID:NAMESPACE`` → the checkpoint."""
        return f"soni:state:{self.conversation}"

    @property
    def writes(self) -> str:
        """``ID:NUMBER:TASK:NAMESPACE`` → what a task wrote after this checkpoint."""
        return f"soni:writes:{self.conversation}"

    @property
    def ledger(self) -> str:
        """Key → result, as JSON."""
        return f"soni:ledger:{self.conversation}"

    @property
    def transcript(self) -> str:
        """Members that begin with the id of a checkpoint; all of one score, so that they are in the order of their ids."""
        return f"soni:transcript:{self.conversation}"

    @property
    def all(self) -> tuple[str, ...]:
        """The keys of the conversation."""
        return self.state, self.writes, self.ledger, self.transcript


COMMIT: Final = """
-- keys: names, last, state, writes, transcript
-- arguments: name, microseconds, namespace, id, parent, checkpoint, how many to keep, what was said, how many turns of it
local name, at, namespace, id, parent, checkpoint = unpack(ARGV)
local keep, said, most = tonumber(ARGV[7]), ARGV[8], tonumber(ARGV[9])
local kept = {}
for each in string.gmatch(redis.call('hget', KEYS[3], 'ids:' .. namespace) or '', '%S+') do
    kept[#kept + 1] = each
end
if (kept[1] or '') ~= parent then
    -- It may have been written already: a connection can break before the answer is there, and then it is asked again.
    local again = kept[1] == id and redis.call('hget', KEYS[3], 'at:' .. id .. ':' .. namespace) == checkpoint
    return again and 1 or 0
end
table.insert(kept, 1, id)
local dropped = {unpack(kept, keep + 1)}
-- First what needs room: a script that has changed something is no longer stopped where the server is full.
local ids = table.concat(kept, ' ', 1, math.min(keep, #kept))
redis.call('hset', KEYS[3], 'ids:' .. namespace, ids, 'at:' .. id .. ':' .. namespace, checkpoint)
for _, each in ipairs(dropped) do
    redis.call('hdel', KEYS[3], 'at:' .. each .. ':' .. namespace)
end
for _, field in ipairs(redis.call('hkeys', KEYS[4])) do
    local before, place = string.match(field, '^([^:]*):[^:]*:[^:]*:(.*)$')
    if place == namespace and before < id then redis.call('hdel', KEYS[4], field) end
end
if said ~= '' then
    redis.call('zadd', KEYS[5], 0, said)
    redis.call('zremrangebyrank', KEYS[5], 0, -most - 1)
end
redis.call('zadd', KEYS[1], 0, name)
redis.call('zadd', KEYS[2], 'gt', at, name)
return 1
"""

READ: Final = """
-- keys: state, writes; arguments: namespace, and the checkpoint's id or '' for the newest
local id = ARGV[2]
if id == '' then
    id = string.match(redis.call('hget', KEYS[1], 'ids:' .. ARGV[1]) or '', '%S+')
end
local checkpoint = id and redis.call('hget', KEYS[1], 'at:' .. id .. ':' .. ARGV[1])
return checkpoint and {id, checkpoint, redis.call('hvals', KEYS[2])}
"""

READ_ALL: Final = """
-- keys: state, writes
return {redis.call('hgetall', KEYS[1]), redis.call('hvals', KEYS[2])}
"""

NOTE: Final = """
-- keys: names, last, a hash; arguments: name, microseconds, 'hset' or 'hsetnx', then fields and values
for number = 4, #ARGV, 2 do
    redis.call(ARGV[3], KEYS[3], ARGV[number], ARGV[number + 1])
end
redis.call('zadd', KEYS[1], 0, ARGV[1])
redis.call('zadd', KEYS[2], 'gt', ARGV[2], ARGV[1])
"""

DROP: Final = """
-- keys: names, last, state, writes, ledger, transcript; arguments: name, and which of the keys
for number = 2, #ARGV do
    redis.call('del', KEYS[tonumber(ARGV[number])])
end
if redis.call('exists', unpack(KEYS, 3)) == 0 then
    redis.call('zrem', KEYS[1], ARGV[1])
    redis.call('zrem', KEYS[2], ARGV[1])
end
"""

DROP_BEFORE: Final = """
-- keys: names, last, state, writes, ledger, transcript; arguments: name, turn, rows besides
for _, field in ipairs(redis.call('hkeys', KEYS[5])) do
    local turn = string.match(field, '^turn:(%d+):')
    if not turn or tonumber(turn) < tonumber(ARGV[2]) then redis.call('hdel', KEYS[5], field) end
end
for place = 3, #ARGV do redis.call('hdel', KEYS[5], ARGV[place]) end
if redis.call('exists', unpack(KEYS, 3)) == 0 then
    redis.call('zrem', KEYS[1], ARGV[1])
    redis.call('zrem', KEYS[2], ARGV[1])
end
"""

RESET: Final = """
-- keys: names, last, state, writes, ledger, transcript; arguments: name, microseconds, the field by which it is found
local known = redis.call('exists', KEYS[3], KEYS[6]) > 0
if known then
    -- First what needs room: a script that has changed something is no longer stopped where the server is full.
    redis.call('hset', KEYS[5], ARGV[3], '{}')
    redis.call('zadd', KEYS[1], 0, ARGV[1])
    redis.call('zadd', KEYS[2], 'gt', ARGV[2], ARGV[1])
end
for _, field in ipairs(redis.call('hkeys', KEYS[5])) do
    if not (known and field == ARGV[3]) then redis.call('hdel', KEYS[5], field) end
end
redis.call('del', KEYS[3], KEYS[4])
if not known then
    redis.call('zrem', KEYS[1], ARGV[1])
    redis.call('zrem', KEYS[2], ARGV[1])
end
"""

LOCK: Final = """
-- key: the lock; arguments: replica, turn, milliseconds
-- A lock of the same replica is one that it could not give back: within a replica, one turn at a time comes here.
local holder = redis.call('get', KEYS[1])
if holder and string.sub(holder, 1, #ARGV[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1] .. ARGV[2], 'px', ARGV[3])
return 1
"""

RENEW: Final = """
-- key: the lock; arguments: replica, turn, milliseconds
if redis.call('get', KEYS[1]) ~= ARGV[1] .. ARGV[2] then return 0 end
return redis.call('pexpire', KEYS[1], ARGV[3])
"""

UNLOCK: Final = """
-- key: the lock; arguments: replica, turn
if redis.call('get', KEYS[1]) ~= ARGV[1] .. ARGV[2] then return 0 end
return redis.call('del', KEYS[1])
"""
