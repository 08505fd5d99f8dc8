/** The `hallpass` command: a verb, its arguments, an exit status. The only file that reads the process's environment. */
import { text } from 'node:stream/consumers';
import { SettingsFault } from '../../config/setting.ts';
import { StoreUnavailable } from '../store/store.ts';
import { CommandFailed, SaidElsewhere, UsageError, type Command, type Context } from './context.ts';
import { USAGE } from './help.ts';

/** Loaded when it is asked for: to list clients, nobody should wait for a token service to be read. */
const VERBS: Record<string, () => Promise<Command>> = {
  all: async () => (await import('./all.ts')).all,
  token: async () => (await import('./token.ts')).token,
  gateway: async () => (await import('./gateway.ts')).gateway,
  'sample-lrs': async () => (await import('./sample-lrs.ts')).sampleLrs,
  client: async () => (await import('./client.ts')).client,
  'registration-token': async () => (await import('./registration-token.ts')).registrationToken,
  user: async () => (await import('./user.ts')).user,
  org: async () => (await import('./org.ts')).org,
  keys: async () => (await import('./keys.ts')).keys,
  settings: async () => (await import('./settings.ts')).settings,
  scopes: async () => (await import('./scopes.ts')).scopes,
  audit: async () => (await import('./audit.ts')).audit,
  doctor: async () => (await import('./doctor.ts')).doctor,
};

const STATUS = { done: 0, failed: 1, usedWrongly: 2 };

/** @returns the exit status. */
async function run(verb: string | undefined, context: Context): Promise<number> {
  if (verb === undefined || verb === 'help' || verb === '--help' || context.args.includes('--help')) {
    context.print(USAGE);
    return verb === undefined ? STATUS.usedWrongly : STATUS.done;
  }
  const load = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  try {
    if (!load) throw new UsageError(`there is no ${JSON.stringify(verb)}; see: hallpass help`);
    await (
      await load()
    )(context);
    return STATUS.done;
  } catch (error) {
    return explain(error, context);
  }
}

function explain(error: unknown, { note }: Context): number {
  if (error instanceof SaidElsewhere) return error.status;
  const { message, cause } = error as Error;
  const isUse = error instanceof UsageError || error instanceof SettingsFault;
  const isKnown = isUse || error instanceof CommandFailed || error instanceof StoreUnavailable || isListenError(error);
  note(`hallpass: ${isKnown ? message : ((error as Error).stack ?? message)}`);
  if (error instanceof StoreUnavailable && cause instanceof Error) note(`  ${cause.message}`);
  return isUse ? STATUS.usedWrongly : STATUS.failed;
}

function isListenError(error: unknown): boolean {
  return ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/* Piped into `head`: the reader has what it wanted, and nothing is wrong. */
process.stdout.on('error', () => process.exit(STATUS.done));

const [verb, ...args] = process.argv.slice(2);
process.exitCode = await run(verb, {
  args,
  environment: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
  readInput: () => text(process.stdin),
});
/* Services that had started before another one failed would go on, unreachable, and keep the process. */
if (process.exitCode !== STATUS.done) process.exit();
