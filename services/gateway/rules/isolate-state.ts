/**
 * Keeps the state documents of one client from every other, on an LRS that does not: at the LRS their ids begin with
 * whose they are. Documents from before, and those that reach the LRS by another way, are nobody's here.
 *
 * "state: Read/write state data, limited to Activities and Actors associated with the current token to the extent it is
 * possible to determine this relationship."
 *
 * @see xAPI 1.0.3 Part 3 §4.2, §2.3
 */
import { createHash } from 'node:crypto';
import { NO_BODY, readAtMost } from '../../shared/body.ts';
import { Refusal } from '../../shared/refusal.ts';
import { answerVersion, VERSION_HEADER } from '../../shared/xapi/version.ts';
import { OF_THE_BYTES } from '../answer.ts';
import { discharged, owes, withParameters, type Answer, type Ask, type Call, type Rule } from '../call.ts';
import { without, type HeaderList } from '../headers.ts';
import { drop, encodingOf } from '../unread-answer.ts';

/** @param maxBytes of a list of ids, which is held whole. */
export function createIsolateState(maxBytes: number): Rule {
  return async (owing, ask) => {
    if (!owing.caller || !owes(owing, 'isolate')) return ask(owing);
    const call = discharged(owing, 'isolate');
    const own = prefixOf(owing.caller.clientId);
    const id = call.operation.parameters.get('stateId');
    if (id !== undefined) return ask(withParameters(call, new Map(call.operation.parameters).set('stateId', own + id)));
    if (call.operation.access === 'read') return list(call, ask, own, maxBytes);
    if (call.operation.method === 'DELETE') return deleteAll(call, ask, own, maxBytes);
    throw new Refusal('invalid_request', 'the parameter stateId is missing');
  };
}

/** No client's begins with another's, whatever their ids: there is no "/" within what is encoded. */
function prefixOf(clientId: string): string {
  return `hallpass/${encodeURIComponent(clientId)}/`;
}

async function list(call: Call, ask: Ask, own: string, maxBytes: number): Promise<Answer> {
  const isHead = call.operation.method === 'HEAD';
  const answer = await ask(listing(call));
  if (answer.status >= 400) return isHead ? { ...answer, body: nothingOf(answer) } : answer;
  const ids = (await idsIn(answer, maxBytes)).filter((id) => id.startsWith(own)).map((id) => id.slice(own.length));
  const body = Buffer.from(JSON.stringify(ids));
  const entityTag = createHash('sha1').update(body).digest('hex');
  return {
    ...answer,
    headers: [
      /* The last change may have been another's. */
      ...without(answer.headers, ...OF_THE_BYTES, 'etag', 'last-modified', 'accept-ranges'),
      ['Content-Length', String(body.length)],
      ['ETag', `"${entityTag}"`],
    ],
    body: isHead ? NO_BODY : body,
  };
}

/** One by one: to the LRS, all of this activity and agent would be everybody's. The first that fails is the answer. */
async function deleteAll(call: Call, ask: Ask, own: string, maxBytes: number): Promise<Answer> {
  /* Who may write need not be one who may read: the list is the gateway's, and its caller is not shown it. */
  const answer = await ask(listing({ ...call, scopes: ['state/read'] }));
  if (answer.status >= 400) return answer;
  for (const id of await idsIn(answer, maxBytes)) {
    if (!id.startsWith(own)) continue;
    const one = new Map(call.operation.parameters).set('stateId', id);
    const deleted = await ask(withParameters(bare(call), one));
    if (deleted.status >= 300 && deleted.status !== 404) return deleted;
    nothingOf(deleted);
  }
  return { status: 204, headers: [[VERSION_HEADER, answerVersion(call.version)]], body: NO_BODY };
}

/** The whole list: a condition, or a range, would be about the LRS's, which is not the caller's. */
function listing(call: Call): Call {
  const operation = { ...call.operation, method: 'GET', access: 'read' } as const;
  return withParameters({ ...bare(call), operation }, call.operation.parameters);
}

/** Nothing of the caller's goes with it but the version it speaks. */
function bare(call: Call): Call {
  const headers: HeaderList = [
    ...call.headers.filter(([name]) => name.toLowerCase() === VERSION_HEADER.toLowerCase()),
    ['Accept', 'application/json'],
    ['Accept-Encoding', 'identity'],
  ];
  return { ...call, headers, contentLength: 0, openBody: () => NO_BODY };
}

/** @throws Refusal 502 for what is not a list of ids, or another success than 200: nobody could say whose what is in it is. */
async function idsIn(answer: Answer, maxBytes: number): Promise<string[]> {
  try {
    if (answer.status !== 200) throw new Error(`${answer.status} from the LRS, which was asked for the whole list`);
    const encoding = encodingOf(answer);
    if (encoding !== undefined) throw new Error(`Content-Encoding ${encoding}, not identity`);
    const ids: unknown = JSON.parse((await readAtMost(answer.body, maxBytes)).toString('utf8'));
    if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
    throw new Error('the list of documents is not an array of ids');
  } catch (cause) {
    drop(answer);
    throw new Refusal('bad_gateway', 'the LRS did not list the state documents as it should', { cause });
  }
}

/** No body, in place of one that is read to its end for nobody: the connection can then be used again. */
function nothingOf({ body }: Answer): Buffer {
  if (!Buffer.isBuffer(body)) body.on('error', () => undefined).resume();
  return NO_BODY;
}
