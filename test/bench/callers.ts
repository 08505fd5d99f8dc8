/** Who calls a gateway: tokens of every kind, as wrk sends them. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import { encodeAccessToken, type AccessTokenRecord } from '../../services/shared/access-token.ts';
import { keyOf, type Store } from '../../services/store/store.ts';
import { newProver } from '../support/dpop.ts';
import { send } from './load.ts';
import type { Credential } from './processes.ts';

const LIFE_SECONDS = 7200;
const AT_ONCE = 500;

/** As requests.lua writes it, behind what its name begins with. */
function numbered(prefix: string, n: number): string {
  return `${prefix}${String(n).padStart(23, '0')}`;
}

/** Writes live tokens of a client's, as the token service does. @returns what requests.lua makes them of. */
export async function issueOpaque(store: Store, count: number, clientId: string, scope: string): Promise<string> {
  const prefix = randomUUID().replaceAll('-', '').slice(0, 20);
  const text = encodeAccessToken(recordOf(clientId, scope));
  for (let first = 0; first < count; first += AT_ONCE)
    await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, n) =>
        store.write('access-token', keyOf(numbered(prefix, first + n)), text, LIFE_SECONDS),
      ),
    );
  return prefix;
}

function recordOf(clientId: string, scope: string): AccessTokenRecord {
  const iat = Math.floor(Date.now() / 1000);
  return { client_id: clientId, generation: 0, org: 'default', scope, iat, exp: iat + LIFE_SECONDS };
}

/** Asks for tokens of a client whose tokens are JWTs. @returns what requests.lua reads. */
export async function askForJwts(
  port: number,
  count: number,
  { clientId, secret }: Credential,
  file: string,
): Promise<string> {
  const agent = new Agent({ keepAlive: true });
  const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${secret}`;
  const headers = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': body.length };
  const lines: string[] = [];
  for (let n = 0; n < count; n++) {
    const answer = await send(agent, { port, method: 'POST', path: '/oauth2/token', headers, body });
    const { access_token: token } = JSON.parse(answer.body) as { access_token: string };
    if (!token.includes('.')) throw new Error('no JWT was issued');
    lines.push(`Authorization: Bearer ${token}`);
  }
  agent.destroy();
  await writeFile(file, lines.join('\n'));
  return `@${file}`;
}

/** Binds a token to a key. @returns what writes fresh proofs, each good for one POST of statements. */
export async function issueBound(store: Store, clientId: string, scope: string, issuer: string) {
  const [prover, token] = [await newProver(), numbered(randomUUID().replaceAll('-', '').slice(0, 20), 0)];
  const record = { ...recordOf(clientId, scope), cnf: { jkt: prover.jkt } };
  await store.write('access-token', keyOf(token), encodeAccessToken(record), LIFE_SECONDS);
  return async (count: number, file: string): Promise<string> => {
    const lines: string[] = [];
    for (let n = 0; n < count; n++)
      lines.push(
        `Authorization: DPoP ${token}\\nDPoP: ${await prover.prove('POST', `${issuer}/xapi/statements`, { token })}`,
      );
    await writeFile(file, lines.join('\n'));
    return `@${file}`;
  };
}
