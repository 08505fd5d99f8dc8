/**
 * `/auth/tokens`: a client with the scope `super` hands out, looks at and deletes temporary credentials for people, as at
 * lxHive. Each is an access token of the client for the person, and counts for no more than any other.
 *
 * @see https://github.com/Brightcookie/lxHive/wiki/Issuing-temporary-access-tokens
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { basicToken } from '../../../caller/basic-token.ts';
import type { Caller } from '../../../caller/caller.ts';
import type { Identify } from '../../../caller/identify.ts';
import { callerAddress } from '../../../shared/caller-address.ts';
import type { Log } from '../../../shared/log.ts';
import { Refusal } from '../../../shared/refusal.ts';
import { createPersonRegister } from '../../../store/people.ts';
import type { Store } from '../../../store/store.ts';
import { calledOf } from '../../called.ts';
import { readJsonBody } from '../../json-body.ts';
import { refuse, sendJson } from '../../refuse.ts';
import { createHandingOn } from '../handing-on.ts';
import { asLxHive, shown } from './answer.ts';
import { readAsked } from './asked.ts';
import { createCredentials, type Pair } from './credentials.ts';
import { createEntitle } from './person.ts';

export interface LxHiveTokensOptions {
  issuer: string;
  identify: Identify;
  store: Store;
  scopePrefix: string;
  log: Log;
}

export function createLxHiveTokens({ issuer, identify, store, scopePrefix, log }: LxHiveTokensOptions) {
  const people = createPersonRegister(store);
  const entitle = createEntitle(people);
  const credentials = createCredentials(store);

  function audit(req: IncomingMessage, caller: Caller, action: string, said: object): void {
    const who = { client: caller.clientId, org: caller.org, address: callerAddress(req) };
    log.info(
      { audit: 'temporary-credential', granted: true, action, ...who, ...said },
      `temporary credential ${action}`,
    );
  }

  async function issue(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    const asked = readAsked(await readJsonBody(req, res), caller.client, scopePrefix);
    const { person, isNew, scopes } = await entitle(asked, caller);
    const { credential, ...pair } = await credentials.issue(caller, { ...asked, person, scopes });
    const { grant, scope, expires_at } = credential;
    audit(req, caller, 'issued', { person: person.person_id, isNew, grant, scope, expires_at });
    sendJson(req, res, 200, shown(pair, credential, person, scopes));
  }

  /** By asking who it is that calls with it: the one answer to whether it still counts, and for what. */
  async function scopesNow({ key, secret }: Pair, req: IncomingMessage, res: ServerResponse) {
    try {
      return (await identify(`Basic ${basicToken(key, secret)}`, calledOf(req, res)))?.scopes;
    } catch (error) {
      if (error instanceof Refusal && error.status === 401) return undefined;
      throw error;
    }
  }

  async function tell(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    const pair = pairIn(req);
    const credential = await credentials.find(caller, pair);
    const person = credential && (await people.find(credential.sub));
    if (!credential || !person) throw noSuchCredential();
    sendJson(req, res, 200, shown(pair, credential, person, await scopesNow(pair, req, res)));
  }

  async function end(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    const pair = pairIn(req);
    const credential = await credentials.find(caller, pair);
    if (!credential || !(await credentials.end(caller, pair))) throw noSuchCredential();
    audit(req, caller, 'deleted', { person: credential.sub, grant: credential.grant });
    res.writeHead(204).end();
  }

  const endpoint = createHandingOn({
    ...{ issuer, identify, log, scope: 'super', audit: 'temporary-credential' },
    answer: (req, res, caller) => {
      if (req.method === 'GET') return tell(req, res, caller);
      return req.method === 'DELETE' ? end(req, res, caller) : issue(req, res, caller);
    },
  });
  return (req: IncomingMessage, res: ServerResponse): Promise<void> =>
    endpoint(req, res).catch((error: unknown) => refuse(error, { req, res, log, issuer, alsoSaid: asLxHive }));
}

/** @throws Refusal 400 where they are not there, once each. */
function pairIn({ url = '' }: IncomingMessage): Pair {
  const query = new URLSearchParams(url.split('?').slice(1).join('?'));
  const [[key, ...keys], [secret, ...secrets]] = [query.getAll('key'), query.getAll('secret')];
  if (key === undefined || secret === undefined || keys.length + secrets.length > 0)
    throw new Refusal('invalid_request', 'the query should have key and secret, once each');
  return { key, secret };
}

/** The same for another client's, for a wrong secret, and for one that was deleted. */
function noSuchCredential(): Refusal {
  return new Refusal('not_found', 'this client has no temporary credential with this key and secret');
}
