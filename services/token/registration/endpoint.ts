/** `/oauth2/register`: clients that register themselves, by a token of an administrator's only. @see RFC 7591, RFC 7592 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readAtMost } from '../../shared/body.ts';
import { callerAddress } from '../../shared/caller-address.ts';
import { hasSecret, type Client } from '../../shared/client.ts';
import { nowSeconds } from '../../shared/clock.ts';
import { awaitsContinue } from '../../shared/expect.ts';
import { JsonTextFault, readJsonText } from '../../shared/json-text.ts';
import type { Log } from '../../shared/log.ts';
import { isObject } from '../../shared/xapi/property.ts';
import type { Store } from '../../store/store.ts';
import { asDescription } from '../advice.ts';
import { sendJson } from '../refuse.ts';
import { REGISTERED } from '../routes.ts';
import { informationOf } from './information.ts';
import { readMetadata } from './metadata.ts';
import { RegistrationRefused } from './refused.ts';
import { createSelfRegistered } from './self-registered.ts';

export interface RegistrationOptions {
  issuer: string;
  store: Store;
  scopePrefix: string;
  log: Log;
}

type Answer = (req: IncomingMessage, res: ServerResponse) => Promise<void>;

const MAX_BODY_BYTES = 64 * 1024;
const BEARER = /^bearer +(?<token>[A-Za-z0-9\-._~+/]+=*) *$/i;

export function createRegistration({ issuer, store, scopePrefix, log }: RegistrationOptions): Answer {
  const registered = createSelfRegistered(store, scopePrefix);

  function audit(req: IncomingMessage, action: string, client: Client, by?: string): void {
    const { client_id, org, scope, grant_types } = client;
    log.info(
      {
        ...{ audit: 'registration', granted: true, action, client: client_id, org, scope, grant_types },
        ...{ registration_token: by, address: callerAddress(req) },
      },
      `client ${action} by itself`,
    );
  }

  async function register(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const token = tokenIn(req);
    /* Before its body is read: a stranger's is not. */
    await registered.mayRegister(token);
    const { client, credentials, by } = await registered.register(token, readMetadata(await readBody(req, res)));
    audit(req, 'registered', client, by);
    sendJson(req, res, 201, informationOf(client, issuer, credentials));
  }

  async function manage(req: IncomingMessage, res: ServerResponse, clientId: string): Promise<void> {
    const registration_access_token = tokenIn(req);
    const client = await registered.find(clientId, registration_access_token);
    if (req.method === 'DELETE') {
      await registered.remove(client);
      audit(req, 'deleted', client);
      return void res.writeHead(204).end();
    }
    if (req.method === 'GET')
      return sendJson(req, res, 200, informationOf(client, issuer, { registration_access_token }));
    const said = readMetadata(await withoutOwn(await readBody(req, res), client));
    const changed = await registered.change(client, said);
    audit(req, 'changed', changed);
    sendJson(req, res, 200, informationOf(changed, issuer, { registration_access_token }));
  }

  return async (req, res) => {
    const id = REGISTERED.exec(req.url?.split('?')[0] ?? '')?.groups?.id;
    try {
      await (id === undefined ? register(req, res) : manage(req, res, id));
    } catch (error) {
      if (!(error instanceof RegistrationRefused)) throw error;
      const why = { reason: error.error, detail: error.message, address: callerAddress(req) };
      log.info({ audit: 'registration', granted: false, client: id, ...why }, 'registration refused');
      if (error.status === 401) res.setHeader('WWW-Authenticate', challenge(req, issuer));
      if (!req.complete) res.setHeader('Connection', 'close');
      sendJson(req, res, error.status, { error: error.error, error_description: asDescription(error.message) });
    }
  };
}

/** In the header only: URLs are kept by logs, and forms are none of what is sent here. */
function tokenIn({ headers }: IncomingMessage): string {
  const token = BEARER.exec(headers.authorization ?? '')?.groups?.token;
  if (token !== undefined) return token;
  throw new RegistrationRefused('invalid_token', 'this needs a token: Authorization: Bearer TOKEN');
}

/** "…the resource server SHOULD NOT include an error code" where nothing was shown. @see RFC 6750 §3.1 */
function challenge({ headers }: IncomingMessage, issuer: string): string {
  const realm = `Bearer realm="${issuer}"`;
  return headers.authorization === undefined ? realm : `${realm}, error="invalid_token"`;
}

async function readBody(req: IncomingMessage, res: ServerResponse): Promise<unknown> {
  const type = req.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/json' || req.headers['content-encoding'] !== undefined)
    throw new RegistrationRefused(
      'invalid_client_metadata',
      'send the metadata as it is: Content-Type: application/json',
    );
  if (awaitsContinue(req)) res.writeContinue();
  try {
    return readJsonText((await readAtMost(req, MAX_BODY_BYTES)).toString('utf8')).root.value;
  } catch (error) {
    if (!(error instanceof JsonTextFault)) throw error;
    throw new RegistrationRefused('invalid_client_metadata', `the body ${error.message}`, error);
  }
}

/**
 * "This request MUST include the client_id field … If the client includes the client_secret field in the request, the value
 * of this field MUST match the currently issued client secret".
 *
 * @see RFC 7592 §2.2
 */
async function withoutOwn(value: unknown, client: Client): Promise<unknown> {
  if (!isObject(value)) return value;
  const { client_id, client_secret, ...metadata } = value;
  if (client_id !== client.client_id)
    throw new RegistrationRefused('invalid_client_metadata', `client_id should be there, and be ${client.client_id}`);
  if (client_secret === undefined) return metadata;
  if (typeof client_secret === 'string' && (await hasSecret(client, client_secret, nowSeconds()))) return metadata;
  throw new RegistrationRefused('invalid_client_metadata', 'client_secret is not the one it has: leave it out');
}
