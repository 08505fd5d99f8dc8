/** `/xapi/OAuth/initiate`: a client begins, and says what it wants and where its person is to come back to. @see RFC 5849 §2.1 */
import { scopesHeld, type Client } from '../../../shared/client.ts';
import type { SignedRequest } from '../../../shared/oauth1/request.ts';
import { narrow, readScopes } from '../../../shared/scopes.ts';
import { grantScopes } from '../../token-request.ts';
import { isCallbackOf } from './callback.ts';
import { OAuthProblem } from './problem.ts';
import type { SignerOf } from './signed.ts';
import type { Work } from './signed-endpoint.ts';
import type { TemporaryCredentials } from './temporary.ts';

export interface InitiateOptions {
  signerOf: SignerOf;
  temporary: Pick<TemporaryCredentials, 'issue'>;
  scopePrefix: string;
}

/** "MUST assume a requested scope of "statements/write" and "statements/read/mine"" where none is (xAPI 1.0.3 Part 3 §4.2) */
const ASSUMED = ['statements/write', 'statements/read/mine'];

export function createInitiate({ signerOf, temporary, scopePrefix }: InitiateOptions): Work {
  return async (request, audited) => {
    const client = await signerOf(request, '');
    audited.client = client.client_id;
    refuseUnasked(client);
    const callback = callbackOf(request, client);
    const scope = scopesFor(client, scopeOf(request), scopePrefix).join(' ');
    const { client_id, generation } = client;
    const { token, secret } = await temporary.issue({ client_id, generation, callback, scope });
    audited.scope = scope;
    /* "oauth_callback_confirmed MUST be present and set to "true"": it tells OAuth 1.0a from 1.0. */
    return { oauth_token: token, oauth_token_secret: secret, oauth_callback_confirmed: 'true' };
  };
}

/** The grant of a person is one and the same thing, by OAuth 2 and by this. */
function refuseUnasked({ client_id, grant_types }: Client): void {
  if (!grant_types.includes('authorization_code'))
    throw new OAuthProblem(
      'consumer_key_rejected',
      `${client_id} is not registered to act for people: an administrator can add --grant-type authorization_code; ` +
        'registered for client_credentials, it signs calls for itself, without a token',
    );
}

function callbackOf({ parameters: { callback } }: SignedRequest, client: Client): string {
  if (!callback)
    throw new OAuthProblem('parameter_absent', 'oauth_callback is missing: a registered redirect URI, or oob');
  if (!isCallbackOf(client, callback))
    throw new OAuthProblem('parameter_rejected', 'oauth_callback should be a registered redirect URI exactly, or oob');
  return callback;
}

/** From the query or the form; a header that has it was refused when it was read. `consumer_name` is for who is not registered. */
function scopeOf({ others }: SignedRequest): string | undefined {
  const [scope, another] = others.filter(([name]) => name === 'scope');
  if (another) throw new OAuthProblem('parameter_rejected', 'scope must not be sent more than once');
  return scope?.[1];
}

function scopesFor(client: Client, asked: string | undefined, prefix: string): string[] {
  const { known, unknown } = readScopes(asked ?? '', prefix);
  const isAsked = known.length + unknown.length > 0;
  const assumed = narrow(client.default_scope?.split(' ') ?? ASSUMED, scopesHeld(client));
  const granted = grantScopes(client, (isAsked ? [...known, ...unknown] : assumed).join(' '), undefined);
  if ('refused' in granted) throw new OAuthProblem('parameter_rejected', granted.refused);
  return granted.scopes;
}
