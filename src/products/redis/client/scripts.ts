/** What must be done on the server in one step, in Lua. */

/**
 * Sets how long entries count as idle, of those that are still this consumer's: somebody else may have taken them over.
 * KEYS: stream. ARGV: group, consumer, idle ms, ids. Answers how many they were.
 */
export const setIdle = `
local held = 0
for i = 4, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'IDLE', ARGV[3], 'JUSTID')
    held = held + 1
  end
end
return held
`;

/**
 * Moves entries that are pending in a group to its dead stream, each once whoever else tries the same: added there and
 * acknowledged here. KEYS: stream, dead stream. ARGV: group, partition, ids. Answers how many were moved.
 */
export const moveToDead = `
local moved = 0
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if pending[1] then
    local entry = redis.call('XRANGE', KEYS[1], ARGV[i], ARGV[i])
    if entry[1] then
      local fields = entry[1][2]
      for _, word in ipairs({'partition', ARGV[2], 'id', ARGV[i], 'deliveries', tostring(pending[1][4])}) do
        fields[#fields + 1] = word
      end
      redis.call('XADD', KEYS[2], '*', unpack(fields))
    end
    redis.call('XACK', KEYS[1], ARGV[1], ARGV[i])
    moved = moved + 1
  end
end
return moved
`;
