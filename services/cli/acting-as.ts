/** `--as EMAIL`: a command on clients, as an administrator of some of them may do it. */
import { parseArgs } from 'node:util';
import { clientsOf, NotTheirs } from '../store/clients-of.ts';
import { CommandFailed, UsageError } from './context.ts';
import { findPerson } from './find-person.ts';
import type { Registers } from './with-registers.ts';

/** @returns whom the command is done as, and the arguments without it. @throws UsageError */
export function takeAs(args: readonly string[]): { who: string | undefined; rest: string[] } {
  const { tokens } = parseArgs({ args: [...args], options: { as: { type: 'string' } }, strict: false, tokens: true });
  const found = tokens.filter((token) => token.kind === 'option' && token.name === 'as');
  const taken = new Set<number>();
  let who: string | undefined;
  for (const token of found) {
    /* An option in the place of its value, and the command would be done by nobody in particular. */
    const isSaid = token.kind === 'option' && token.value && (token.inlineValue || !token.value.startsWith('-'));
    if (!isSaid || who !== undefined)
      throw new UsageError('--as should name one administrator, by id or e-mail address');
    who = token.value;
    taken.add(token.index);
    if (!token.inlineValue) taken.add(token.index + 1);
  }
  return { who, rest: args.filter((_arg, index) => !taken.has(index)) };
}

/** Does the work with the clients that somebody administers, and no others. @throws CommandFailed where they administer none. */
export async function actingAs(
  registers: Registers,
  who: string,
  work: (registers: Registers) => Promise<void>,
): Promise<void> {
  const person = await findPerson(registers, who);
  if (!person.active) throw new CommandFailed(`user ${who} is not active`);
  if (person.administers === undefined)
    throw new CommandFailed(`user ${who} administers no clients: hallpass user update ${who} --admin-label LABEL`);
  registers.actAs(person.person_id);
  try {
    await work({ ...registers, clients: clientsOf(registers.clients, person) });
  } catch (error) {
    throw error instanceof NotTheirs ? new CommandFailed(error.message, { cause: error }) : error;
  }
}
