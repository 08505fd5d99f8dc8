/**
 * What a written statement goes through: it is within what its writer is tied to, it defines nothing that the writer may
 * not define, and it says whose it is. Each of a batch, before the LRS sees any.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { asciiJson, edited, removingMember, settingMember, type Edit } from '../../shared/json-edit.ts';
import type { JsonText } from '../../shared/json-text.ts';
import { Refusal } from '../../shared/refusal.ts';
import { objectionTo } from '../../shared/xapi/restriction.ts';
import { discharged, owes, type Ask, type Call, type Rule } from '../call.ts';
import type { Caller } from '../../caller/caller.ts';
import { definedIn, isSigned } from './definitions.ts';
import { refuseMisspelt } from './spelling.ts';
import { openStatementBody } from './statement-body.ts';
import { refuseVoidingOthers } from './voiding.ts';
import { writtenIn, type Written } from './written.ts';

/** Who holds it may say whose a statement is. */
const SAYS_AUTHORITY = 'authority/write';

/** Of statements, before everybody else has a turn: with many alternatives a large batch takes seconds. */
const AT_ONCE = 200;

/** @param maxInspectedBytes of the statements of one call; attachments have no bound. */
export function createWriteStatements({ maxInspectedBytes }: { maxInspectedBytes: number }): Rule {
  return async (call, ask) => {
    const { caller, operation } = call;
    const isWrite = operation.resource === 'statements' && operation.access === 'write';
    if (!isWrite || !caller || !owes(call, 'authority', 'define', 'restrict')) return ask(call);

    const body = await openStatementBody(call, maxInspectedBytes);
    try {
      const json = await permitted(body.statements(), caller, call, ask);
      return await ask(discharged(body.carrying(json), 'authority', 'define', 'restrict'));
    } catch (error) {
      body.drop();
      throw body.refusal() ?? error;
    }
  };
}

/** @returns the statements as they may be written; nothing where they may as they are. */
async function permitted(statements: JsonText, caller: Caller, call: Call, ask: Ask): Promise<string | undefined> {
  const written = writtenIn(statements);
  for (const { part } of written) refuseMisspelt(part, owes(call, 'define', 'restrict'));
  if (owes(call, 'restrict')) await refuseOutOfReach(written, caller, call, ask);
  const edits = [
    ...(owes(call, 'define') ? definitionsRemoved(written) : []),
    ...(owes(call, 'authority') ? authoritySet(written, caller, call) : []),
  ];
  return edits.length === 0 ? undefined : edited(statements.text, edits);
}

/** @throws Refusal 403 "one bad rejects all" @see xAPI 1.0.3 Part 3 §2.1.2 */
async function refuseOutOfReach(written: readonly Written[], caller: Caller, call: Call, ask: Ask): Promise<void> {
  for (const [index, { part, name }] of written.entries()) {
    const objection = objectionTo(part.value, caller.restrictions);
    if (objection !== undefined) throw new Refusal('access_denied', `${name} ${objection}`);
    if (index % AT_ONCE === AT_ONCE - 1) await nextTurn();
  }
  await refuseVoidingOthers(written, caller.restrictions, call, ask);
}

/** @throws Refusal 403 for a signed statement that defines an activity. */
function definitionsRemoved(written: readonly Written[]): Edit[] {
  return written.flatMap(({ part, name }) => {
    const activities = definedIn(part);
    if (activities.length > 0 && isSigned(part))
      throw new Refusal('insufficient_scope', `${name} is signed and has activity definitions: that needs define`, {
        scope: ['define'],
      });
    return activities.flatMap((activity) => removingMember(activity, 'definition') ?? []);
  });
}

/**
 * "The LRS SHOULD overwrite the authority on all stored received Statements, based on the credentials used to send those
 * Statements."
 *
 * It lies outside of what a signature covers.
 *
 * @see xAPI 1.0.3 Part 2 §2.4.9, §2.6
 */
function authoritySet(written: readonly Written[], caller: Caller, { lrs }: Call): Edit[] {
  const json = asciiJson(lrs.authorityToSet(caller));
  const isTrusted = caller.scopes.includes(SAYS_AUTHORITY);
  return written
    .filter(({ part }) => !isTrusted || !part.members?.has('authority'))
    .map(({ part }) => settingMember(part, 'authority', json));
}
