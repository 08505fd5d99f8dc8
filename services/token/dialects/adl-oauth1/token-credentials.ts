/** The credentials that calls are signed with for a person: what came of one authorization, and ends with it. */
import { randomBytes } from 'node:crypto';
import { scopesHeld, type Client } from '../../../shared/client.ts';
import { nowSeconds } from '../../../shared/clock.ts';
import { tokenSecretContext } from '../../../shared/oauth1/secrets.ts';
import { personStands, type Person } from '../../../shared/person.ts';
import { narrow } from '../../../shared/scopes.ts';
import type { Seal } from '../../../shared/seal.ts';
import { generateSecret } from '../../../shared/secret.ts';
import { encodeOAuth1Token, OAUTH1_TOKEN_SECONDS } from '../../../store/oauth1-tokens.ts';
import type { Reader } from '../../../store/records.ts';
import { keyOf } from '../../../store/store.ts';
import { narrowToPerson } from '../../authorization.ts';
import { consentKey, type Consents } from '../../consents.ts';
import type { Families } from '../../families.ts';
import type { Allowed } from './temporary.ts';

export interface TokenCredentials {
  token: string;
  secret: string;
  scope: string;
  /** What ends them. */
  grantId: string;
}

export interface IssueOptions {
  people: Reader<Person>;
  consents: Pick<Consents, 'recall'>;
  families: Families;
  seal: Seal;
}

/** So that a family outlives its token. */
const MARGIN_SECONDS = 300;

/** @returns `undefined` where nothing is left of what was allowed. */
export function createIssue({ people, consents, families, seal }: IssueOptions) {
  /** Of the client, of the person, and of what they agreed to, as they are now. */
  async function scopeNow(
    client: Client,
    { person_id, person_generation, scope }: Allowed,
  ): Promise<string | undefined> {
    const person = await people.read(keyOf(person_id));
    if (!person || !personStands(person, person_generation)) return undefined;
    const left = narrowToPerson(person, client, narrow(scope.split(' '), scopesHeld(client)));
    const consent = 'denied' in left ? undefined : await consents.recall(person_id, client, left);
    return consent?.granted.join(' ');
  }

  async function write(client: Client, allowed: Allowed, grantId: string): Promise<TokenCredentials | undefined> {
    const scope = await scopeNow(client, allowed);
    if (scope === undefined) return undefined;
    const { client_id, generation, org } = client;
    const { person_id: sub, person_generation } = allowed;
    const [token, secret, iat] = [generateSecret(), generateSecret(), nowSeconds()];
    const text = encodeOAuth1Token({
      ...{ client_id, generation, org, scope, sub, person_generation, grant: grantId },
      ...{ iat, exp: iat + OAUTH1_TOKEN_SECONDS, secret: seal.seal(secret, tokenSecretContext(token)) },
    });
    const isWritten = await families.write(grantId, 'oauth1-token', keyOf(token), text, OAUTH1_TOKEN_SECONDS);
    return isWritten ? { token, secret, scope, grantId } : undefined;
  }

  return async (client: Client, allowed: Allowed): Promise<TokenCredentials | undefined> => {
    const grantId = randomBytes(16).toString('base64url');
    const { client_id: clientId } = client;
    const { person_id: accountId } = allowed;
    const family = JSON.stringify({ accountId, clientId });
    await families.begin(grantId, family, OAUTH1_TOKEN_SECONDS + MARGIN_SECONDS, [consentKey(accountId, clientId)]);
    /* Once it has begun: whoever withdraws meanwhile ends it, or is seen. */
    const written = await write(client, allowed, grantId);
    if (!written) await families.end(grantId);
    return written;
  };
}
