/** One statement, looked up with the gateway's own right: what a caller may do can depend on one that it may not read. */
import { isUtf8 } from 'node:buffer';
import { NO_BODY, readAtMost } from '../shared/body.ts';
import { Refusal } from '../shared/refusal.ts';
import { answerVersion, VERSION_HEADER } from '../shared/xapi/version.ts';
import { withParameters, type Answer, type Ask, type Call } from './call.ts';
import { drop, encodingOf } from './unread-answer.ts';

/** As many as HALLPASS_MAX_INSPECTED_BYTES has by default: what was written through the gateway can be looked up. */
const MOST_BYTES = 5_000_000;
/** Of a statement that is not there, or that no LRS could have under such an id. */
const ABSENT = [400, 404];

/**
 * Nothing of the caller's goes with it but the version it speaks. What comes back is for deciding, never for the caller.
 *
 * @param id of the statement; `undefined` is answered for one that is voided, too.
 * @throws Refusal 502 where the LRS does not answer the question.
 */
export async function lookUpStatement(call: Call, ask: Ask, id: string): Promise<Record<string, unknown> | undefined> {
  const answer = await ask(queryFor(call, id));
  if (ABSENT.includes(answer.status)) {
    drop(answer);
    return undefined;
  }
  if (answer.status !== 200) {
    drop(answer);
    throw unanswered(new Error(`${answer.status} from the LRS`));
  }
  const statement = await statementIn(answer);
  return sameId(statement.id, id) ? statement : undefined;
}

/** The same, of one that may be voided. */
export async function lookUpEvenVoided(call: Call, ask: Ask, id: string): Promise<Record<string, unknown> | undefined> {
  const askVoided: Ask = (query) => ask(withParameters(query, new Map([['voidedStatementId', id]])));
  return (await lookUpStatement(call, ask, id)) ?? (await lookUpStatement(call, askVoided, id));
}

function queryFor(call: Call, id: string): Call {
  const version = call.version ?? answerVersion(undefined);
  const query: Call = {
    ...call,
    operation: { resource: 'statements', method: 'GET', access: 'read', parameters: new Map() },
    page: undefined,
    headers: [
      ['Accept', 'application/json'],
      ['Accept-Encoding', 'identity'],
      [VERSION_HEADER, version],
    ],
    version,
    contentLength: 0,
    openBody: () => NO_BODY,
    scopes: ['statements/read'],
    duties: [],
  };
  return withParameters(query, new Map([['statementId', id]]));
}

async function statementIn(answer: Answer): Promise<Record<string, unknown>> {
  const encoding = encodingOf(answer);
  if (encoding !== undefined) {
    drop(answer);
    throw unanswered(new Error(`Content-Encoding ${encoding} although identity was asked for`));
  }
  try {
    const bytes = await readAtMost(answer.body, MOST_BYTES);
    if (!isUtf8(bytes)) throw new Error('not UTF-8');
    const statement: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof statement !== 'object' || statement === null) throw new Error('not a statement');
    return statement as Record<string, unknown>;
  } catch (cause) {
    throw unanswered(cause);
  }
}

/** The ids of statements are UUIDs, whose letters have no case. @see RFC 4122 §3 */
function sameId(one: unknown, other: string): boolean {
  return typeof one === 'string' && one.toLowerCase() === other.toLowerCase();
}

function unanswered(cause: unknown): Refusal {
  return new Refusal('bad_gateway', 'the LRS did not show a statement on which this call depends; try again', {
    cause,
  });
}
