/** `/cmi5/launches`: an LMS launches content for a learner, and ends what it launched. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { encodeAccessToken, decodeAccessToken, type AccessTokenRecord } from '../../../shared/access-token.ts';
import { callerAddress } from '../../../shared/caller-address.ts';
import { endpointsOf } from '../../../shared/client-endpoints.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import type { Log } from '../../../shared/log.ts';
import { Refusal } from '../../../shared/refusal.ts';
import { generateSecret } from '../../../shared/secret.ts';
import { keyOf, type Store } from '../../../store/store.ts';
import { withinOf, type Caller } from '../../../caller/caller.ts';
import type { Identify } from '../../../caller/identify.ts';
import { createFamilies } from '../../families.ts';
import { readJsonBody } from '../../json-body.ts';
import { sendJson } from '../../refuse.ts';
import { CMI5 } from '../../routes.ts';
import { createHandingOn } from '../handing-on.ts';
import { FETCH_SECONDS, launchIdOf, REMEMBERED_SECONDS } from './launch.ts';
import { readLaunchRequest, type LaunchRequest } from './launch-request.ts';
import { launchUrl } from './launch-url.ts';
import { refuseOutside, scopesOfSession } from './handed-on.ts';
import { sessionRestrictions } from './session-restrictions.ts';

export interface LaunchesOptions {
  issuer: string;
  store: Store;
  identify: Identify;
  log: Log;
}

/** A working day: content cannot renew its token, and what it has not sent when that ends is lost. */
const SESSION_SECONDS = 8 * 3600;

export function createLaunches({ issuer, store, identify, log }: LaunchesOptions) {
  const families = createFamilies(store);

  async function launch(req: IncomingMessage, res: ServerResponse, caller: Caller): Promise<void> {
    /* Before its body is read. */
    const scopes = scopesOfSession(caller);
    const asked = readLaunchRequest(await readJsonBody(req, res));
    refuseOutside(caller, asked);
    const { client, clientId, org } = caller;
    const iat = nowSeconds();
    const lifeSeconds = Math.min(asked.expiresInSeconds ?? SESSION_SECONDS, client.max_token_seconds);
    const record: AccessTokenRecord = {
      client_id: clientId,
      generation: client.generation,
      org,
      scope: scopes.join(' '),
      restrictions: sessionRestrictions(asked),
      ...withinOf(caller),
      iat,
      exp: iat + lifeSeconds,
    };
    const secret = generateSecret();
    const id = launchIdOf(secret);
    await families.begin(id, JSON.stringify({ exp: record.exp }), lifeSeconds + REMEMBERED_SECONDS, []);
    await store.write('cmi5-launch', keyOf(id), encodeAccessToken(record), lifeSeconds + REMEMBERED_SECONDS);
    const { scope } = record;
    audit(req, caller, { launch: id, scope, lifeSeconds, registration: asked.registration }, 'content launched');
    res.setHeader('Location', `${issuer}${CMI5.launches}/${id}`);
    sendJson(req, res, 201, { id, ...answerTo(asked, org, secret), scope, ...livesOf(record) });
  }

  function answerTo({ actor, registration, activityId, url, returnURL }: LaunchRequest, org: string, secret: string) {
    const { xapi_endpoint: endpoint } = endpointsOf({ org }, { issuer, resources: [] });
    const fetch = `${issuer}/cmi5/fetch/${secret}`;
    const parameters = { endpoint, fetch, actor: JSON.stringify(actor), registration, activityId };
    return {
      ...{ endpoint, fetch, actor, registration, activityId },
      ...(url !== undefined && { launch_url: launchUrl(url, parameters) }),
      ...(returnURL !== undefined && { returnURL }),
    };
  }

  async function end(req: IncomingMessage, res: ServerResponse, caller: Caller, id: string): Promise<void> {
    const found = await store.readOnce('cmi5-launch', keyOf(id));
    const record = found && decodeAccessToken(found.value);
    const isOwn = record?.client_id === caller.clientId && record.org === caller.org;
    if (!isOwn || (await families.find(id)) === undefined)
      throw new Refusal('not_found', 'this client has no such launch: it is unknown, or it was ended before');
    /* Spent rather than removed: the content is told that its session is over. */
    await store.consume('cmi5-launch', keyOf(id));
    await families.end(id);
    audit(req, caller, { launch: id, ended: true }, 'launch ended');
    res.writeHead(204).end();
  }

  function audit(req: IncomingMessage, { clientId, org }: Caller, said: object, message: string): void {
    log.info({ audit: 'cmi5', granted: true, client: clientId, org, ...said, address: callerAddress(req) }, message);
  }

  return createHandingOn({
    ...{ issuer, identify, log, scope: 'launch', audit: 'cmi5' },
    answer: (req, res, caller) => {
      const id = CMI5.launch.exec(req.url?.split('?')[0] ?? '')?.groups?.id;
      return id === undefined ? launch(req, res, caller) : end(req, res, caller, id);
    },
  });
}

/** Unix seconds, and seconds. */
function livesOf({ iat, exp }: AccessTokenRecord) {
  return { expires_in: exp - iat, expires_at: exp, fetch_expires_at: Math.min(iat + FETCH_SECONDS, exp) };
}
