/** The newcomer's client, made once, and the two lines that show it work. */
import type { Client } from '../shared/client.ts';
import { generateSecret, storeGenerated } from '../shared/secret.ts';
import type { ClientRegister } from '../store/clients.ts';
import { newClient } from '../store/new-client.ts';

export const DEMO_CLIENT_ID = 'demo';

/** @returns its id and secret on the first start of a store that has no client; later the secret is known to nobody. */
export async function registerDemoClient(
  clients: ClientRegister,
): Promise<{ client: Client; secret: string } | undefined> {
  if ((await clients.list()).length > 0) return undefined;
  const secret = generateSecret();
  const client = newClient({ client_id: DEMO_CLIENT_ID, client_name: 'Demo', scope: 'all' });
  client.secrets.push(storeGenerated(secret, client.created_at));
  return (await clients.add(client)) ? { client, secret } : undefined;
}

export function welcome(issuer: string, { client, secret }: { client: Client; secret: string }): string[] {
  const askToken =
    `curl -s ${issuer}/oauth2/token -d grant_type=client_credentials ` +
    `-d client_id=${client.client_id} -d client_secret=${secret}`;
  const statement = JSON.stringify({
    actor: { mbox: 'mailto:learner@example.org' },
    verb: { id: 'http://adlnet.gov/expapi/verbs/experienced' },
    object: { id: 'https://example.org/activities/hello' },
  });
  return [
    '',
    `hallpass is at ${issuer}: tokens at ${issuer}/oauth2/token, the LRS at ${issuer}/xapi/`,
    'A demo client was registered. Its secret is shown this once:',
    `  client_id      ${client.client_id}`,
    `  client_secret  ${secret}`,
    '',
    'Get a token:',
    askToken,
    '',
    'Store a statement with one (its id comes back):',
    `curl -s ${issuer}/xapi/statements -H "Authorization: Bearer $(${askToken} | ` +
      `sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')" -H 'X-Experience-API-Version: 1.0.3' ` +
      `-H 'Content-Type: application/json' -d '${statement}'`,
    '',
  ];
}

export function welcomeBack(issuer: string): string[] {
  return [
    '',
    `hallpass is at ${issuer}: tokens at ${issuer}/oauth2/token, the LRS at ${issuer}/xapi/`,
    'Its registrations are still there; secrets were shown when they were made. Another client, or a new secret:',
    '  npx hallpass client create --name "My client" --scope "statements/write statements/read"',
    `  npx hallpass client regenerate ${DEMO_CLIENT_ID}`,
    '',
  ];
}
