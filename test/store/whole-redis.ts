/** All that a Redis node holds, in one call: a process for each of a thousand keys would take minutes. */

type Command = (...args: string[]) => Promise<string>;

/** In a cluster a script may otherwise touch the keys of one slot only. */
const ANY_SLOT = '#!lua flags=no-writes,allow-cross-slot-keys\n';

/** Read by type rather than by DUMP, which compresses, so that a token in it could go unseen. */
const EVERYTHING = `${ANY_SLOT}
  local reader = { string = { 'GET' }, hash = { 'HGETALL' }, set = { 'SMEMBERS' }, zset = { 'ZRANGE', 0, -1 } }
  local all = {}
  for _, key in ipairs(redis.call('KEYS', '*')) do
    local command = reader[redis.call('TYPE', key).ok]
    all[#all + 1] = key
    all[#all + 1] = redis.call(command[1], key, unpack(command, 2))
  end
  return all`;

const IMMORTAL = `${ANY_SLOT}
  local immortal = {}
  for _, key in ipairs(redis.call('KEYS', '*')) do
    if redis.call('TTL', key) == -1 then immortal[#immortal + 1] = key end
  end
  return immortal`;

/** Keys and values, as text. */
export function dumpOf(command: Command): Promise<string> {
  return command('--raw', 'EVAL', EVERYTHING, '0');
}

/** The keys that never expire. */
export async function immortalIn(command: Command): Promise<string[]> {
  return (await command('--raw', 'EVAL', IMMORTAL, '0')).split('\n').filter(Boolean);
}
