/** `keys …`: the keys that sign, beside running services, which notice by themselves. */
import { PUBLICATION_SECONDS, type KeyView } from '../store/rotate-keys.ts';
import { KeysSealedOtherwise } from '../store/signing-keys.ts';
import { CommandFailed, UsageError, type Command, type Context } from './context.ts';
import { consequencesOf, keyAsJson, keyAsText } from './key-view.ts';
import { readOptions, wholeSeconds } from './options.ts';
import { withRegisters, type Registers } from './with-registers.ts';

const JSON_OPTION = { json: { type: 'boolean' } } as const;

const WHILE_CACHED =
  'whoever verifies with keys that were fetched before refuses what the new ones sign, until the keys are fetched again';

type Action = (context: Context, registers: Registers) => Promise<void>;

const ACTIONS: Record<string, Action> = {
  list: async (context, { keys }) => {
    const { values } = readOptions(context.args, JSON_OPTION);
    show(context, values.json, await opened(() => keys.list()));
  },

  rotate: async (context, { keys, clients }) => {
    const { values } = readOptions(context.args, { 'after-seconds': { type: 'string' }, ...JSON_OPTION });
    const afterSeconds = wholeSeconds('after-seconds', values['after-seconds'], 0) ?? PUBLICATION_SECONDS;
    const longestLifeSeconds = Math.max(0, ...(await clients.list()).map((client) => client.max_token_seconds));
    const fresh = await opened(() => keys.rotate({ afterSeconds, longestLifeSeconds }));
    if (afterSeconds === 0)
      context.note(`hallpass: the new keys sign at once: ${WHILE_CACHED}, or restarted if they never are`);
    else if (afterSeconds < PUBLICATION_SECONDS)
      context.note(
        `hallpass: the new keys sign in ${afterSeconds} seconds, which is less than many cache keys: ${WHILE_CACHED}`,
      );
    show(context, values.json, fresh);
  },

  retire: async (context, { keys }) => {
    const { values } = readOptions(context.args, { kid: { type: 'string' }, ...JSON_OPTION });
    const { kid } = values;
    if (kid === undefined) throw new UsageError('--kid is needed: which key; see: hallpass keys list');
    const done = await opened(() => keys.retire(kid));
    if (!done) throw new CommandFailed(`there is no key ${kid}; see: hallpass keys list`);
    for (const line of consequencesOf(done.retired)) context.note(`hallpass: ${line}`);
    show(context, values.json, done.left);
  },
};

export const keys: Command = async (context) => {
  const [name = '', ...args] = context.args;
  const action = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
  if (!action) throw new UsageError(`keys what? ${Object.keys(ACTIONS).join(', ')}`);
  await withRegisters(context, (registers) => action({ ...context, args }, registers));
};

/** What cannot be opened is an operator's mistake, and no fault of the program. */
async function opened<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof KeysSealedOtherwise ? new CommandFailed(error.message, { cause: error }) : error;
  }
}

function show(context: Context, asJson: boolean | undefined, keys: readonly KeyView[]): void {
  if (asJson) context.print(JSON.stringify(keys.map(keyAsJson), null, 2));
  else for (const key of keys) context.print(keyAsText(key));
}
