/** Keeps an audit record of each change that a command made, and of who ran it. */
import { hostname, userInfo } from 'node:os';
import { createAdministration } from '../store/administration.ts';
import type { Store } from '../store/store.ts';
import type { Context } from './context.ts';
import type { Made } from './watched.ts';

/** The changes stand, whether or not they can be recorded; where they cannot, the operator is told. */
export async function recordChanges(context: Context, store: Store, changes: readonly Made[]): Promise<void> {
  const { args, environment, note } = context;
  const [action = ''] = args;
  const { SUDO_USER: sudoUser } = environment;
  const who = { user: userName(), ...(sudoUser && { sudo_user: sudoUser }), host: hostname() };
  const administration = createAdministration(store);
  try {
    for (const made of changes) await administration.record({ ...who, action, ...made });
  } catch (error) {
    note(`hallpass: this was done, but no audit record of it could be kept: ${(error as Error).message}`);
  }
}

/** In a container, a process can run as somebody whom the machine has no name for. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`;
  }
}
