/** The newcomer's client, made once, and the two lines that show it work. */
import type { Client } from '../shared/client.ts';
import { createLog } from '../shared/log.ts';
import { generateSecret, storeGenerated } from '../shared/secret.ts';
import { createClientRegister, type ClientRegister } from '../store/clients.ts';
import { newClient } from '../store/new-client.ts';
import { openStore } from '../store/open-store.ts';
import type { Context } from './context.ts';
import { recordChanges } from './record-changes.ts';
import { issuerOf, type Settings } from './settings-of.ts';
import { untilStoreAnswers } from './until-store-answers.ts';
import type { Made } from './watched.ts';

export const DEMO_CLIENT_ID = 'demo';

/** @returns its id and secret on the first start of a store that has no client; later the secret is known to nobody. */
async function registerDemoClient(clients: ClientRegister): Promise<{ client: Client; secret: string } | undefined> {
  if ((await clients.list()).length > 0) return undefined;
  const secret = generateSecret();
  const client = newClient({ client_id: DEMO_CLIENT_ID, client_name: 'Demo', scope: 'all' });
  client.secrets.push(storeGenerated(secret, client.created_at));
  return (await clients.add(client)) ? { client, secret } : undefined;
}

/** Says where everything is, and how to begin on a first start. */
export async function greet(settings: Settings, context: Context): Promise<void> {
  const log = createLog('hallpass', settings.HALLPASS_LOG_LEVEL);
  const store = openStore(settings.HALLPASS_STORE, log);
  try {
    await untilStoreAnswers(store, log);
    const demo = await registerDemoClient(createClientRegister(store));
    if (demo) await recordChanges({ ...context, args: ['all'] }, store, [madeOf(demo.client)]);
    const issuer = issuerOf(settings);
    for (const line of demo ? welcome(issuer, demo) : welcomeBack(issuer)) context.print(line);
  } finally {
    await store.close();
  }
}

/** It may do everything, so it says in the audit where it came from. */
function madeOf({ client_id: id, scope }: Client): Made {
  return { subject: 'client', id, outcome: 'added', scope };
}

function welcome(issuer: string, { client, secret }: { client: Client; secret: string }): string[] {
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

function welcomeBack(issuer: string): string[] {
  return [
    '',
    `hallpass is at ${issuer}: tokens at ${issuer}/oauth2/token, the LRS at ${issuer}/xapi/`,
    'Its registrations are still there; secrets were shown when they were made. Another client, or a new secret:',
    '  npx hallpass client create --name "My client" --scope "statements/write statements/read"',
    `  npx hallpass client regenerate ${DEMO_CLIENT_ID}`,
    '',
  ];
}
