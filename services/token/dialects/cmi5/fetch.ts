/**
 * `/cmi5/fetch/…`: launched content gets its token, once. "The HTTP status code MUST be "200" for a valid request (including
 * one that generates error…)": content reads the body and nothing else.
 *
 * @see cmi5 §8.2
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basicToken } from '../../../caller/basic-token.ts';
import { decodeAccessToken, type AccessTokenRecord } from '../../../shared/access-token.ts';
import { callerAddress } from '../../../shared/caller-address.ts';
import { scopesHeld, stands, type Client } from '../../../shared/client.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { Log } from '../../../shared/log.ts';
import { generateSecret } from '../../../shared/secret.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf, type Store } from '../../../store/store.ts';
import { createFamilies } from '../../families.ts';
import { sendJson } from '../../refuse.ts';
import { CMI5_FETCH } from '../../routes.ts';
import { FETCH_SECONDS, launchIdOf } from './launch.ts';

export interface FetchOptions {
  store: Store;
  clients: Reader<Client>;
  log: Log;
}

/** `1` "Already in Use or Expired", `2` "General Security Error", `3` "General Application Error". @see cmi5 §8.2.3.2 */
class FetchRefused extends Error {
  override readonly name = 'FetchRefused';
  readonly code: '1' | '2' | '3';

  constructor(code: '1' | '2' | '3', text: string) {
    super(text);
    this.code = code;
  }
}

export function createFetch({ store, clients, log }: FetchOptions) {
  const families = createFamilies(store);

  /** @throws FetchRefused */
  async function redeem(launchId: string, origin: string | undefined, audited: Audited): Promise<string> {
    const launch = await store.readOnce('cmi5-launch', keyOf(launchId));
    if (!launch) throw new FetchRefused('2', 'this fetch URL is unknown: launch the content again');
    const record = decodeAccessToken(launch.value);
    audited.client = record.client_id;
    await refuseWithdrawn(record, origin);
    if (launch.consumedAt !== undefined) throw (await families.find(launchId)) === undefined ? ended() : used();
    const lifeSeconds = record.exp - nowSeconds();
    if (Math.min(lifeSeconds, record.iat + FETCH_SECONDS - nowSeconds()) <= 0)
      throw new FetchRefused('1', 'this fetch URL has expired: launch the content again');
    const token = basicToken('', generateSecret());
    /* Before it is spent: what fails on the way can be asked for again. */
    if (!(await families.write(launchId, 'access-token', keyOf(token), launch.value, lifeSeconds))) throw ended();
    if (await store.consume('cmi5-launch', keyOf(launchId))) return token;
    await store.remove('access-token', keyOf(token));
    throw used();
  }

  /** @throws FetchRefused where the client that launched is no longer what it was, or is not of this page. */
  async function refuseWithdrawn({ client_id, generation, org }: AccessTokenRecord, origin?: string): Promise<void> {
    const client = await clients.read(keyOf(client_id));
    if (!client || !stands(client, generation) || client.org !== org || !scopesHeld(client).includes('launch'))
      throw new FetchRefused('2', 'the system that launched this content may no longer do so');
    if (origin !== undefined && client.allowed_origins?.includes(origin) === false)
      throw new FetchRefused('2', 'the system that launched this content is registered for pages of other origins');
  }

  return async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    /* No cookie counts here, so any page may ask; what it may not have it is told. */
    res.setHeader('Access-Control-Allow-Origin', '*');
    if (req.method === 'OPTIONS') return answerPreflight(res);
    const launch = launchIdOf(CMI5_FETCH.exec(req.url?.split('?')[0] ?? '')?.groups?.secret ?? '');
    const audited: Audited = { audit: 'cmi5-fetch', launch, client: undefined, address: callerAddress(req) };
    try {
      const token = await redeem(launch, req.headers.origin, audited);
      log.info({ ...audited, granted: true }, 'content fetched its token');
      sendJson(req, res, 200, { 'auth-token': token });
    } catch (error) {
      const { code, message } = error instanceof FetchRefused ? error : failed();
      if (code === '3') log.error({ err: error }, 'token service error');
      log.info({ ...audited, granted: false, reason: code, detail: message }, 'refused');
      sendJson(req, res, 200, { 'error-code': code, 'error-text': message });
    }
  };
}

interface Audited {
  audit: 'cmi5-fetch';
  launch: string;
  client: string | undefined;
  address: string | undefined;
}

function used(): FetchRefused {
  return new FetchRefused('1', 'The authorization token has already been returned.');
}

function ended(): FetchRefused {
  return new FetchRefused('1', 'this session was ended: launch the content again');
}

function failed(): FetchRefused {
  return new FetchRefused('3', 'the token cannot be made just now: try again');
}

/** For content that says what it sends, or sends a header of its own. @see Fetch standard, "CORS-preflight request" */
function answerPreflight(res: ServerResponse): void {
  res.setHeader('Access-Control-Allow-Methods', 'POST');
  res.setHeader('Access-Control-Allow-Headers', '*, Authorization');
  res.setHeader('Access-Control-Max-Age', '3600');
  res.writeHead(204).end();
}
