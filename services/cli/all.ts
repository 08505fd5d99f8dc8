/** `all`: the whole product in one process, as `make run` starts it. */
import { randomBytes } from 'node:crypto';
import { startGateway } from '../gateway/main.ts';
import { SAMPLE_LRS_NOTICE } from '../sample-lrs/app.ts';
import { startSampleLrs } from '../sample-lrs/main.ts';
import type { Client } from '../shared/client.ts';
import { createLog } from '../shared/log.ts';
import { createClientRegister } from '../store/clients.ts';
import { openStore } from '../store/open-store.ts';
import { startTokenService } from '../token/main.ts';
import type { Command, Context } from './context.ts';
import { defaultOrganization } from './default-organization.ts';
import { sealOf } from './encryption-key.ts';
import { registerDemoClient, welcome, welcomeBack } from './demo.ts';
import { common, gatewaySettings, sampleAuthority } from './service-settings.ts';
import { recordChanges } from './record-changes.ts';
import { issuerOf, settingsOf, type Settings } from './settings-of.ts';
import { untilSignal } from './until-signal.ts';
import { untilStoreAnswers } from './until-store-answers.ts';
import type { Made } from './watched.ts';

/** Between services of one process: no other machine can reach it, and any free port will do. */
const INSIDE = { host: '127.0.0.1', port: 0 };

export const all: Command = async (context) => {
  const settings = settingsOf(context, 'all');
  const log = createLog('hallpass', settings.HALLPASS_LOG_LEVEL);
  const store = openStore(settings.HALLPASS_STORE, log);
  await untilStoreAnswers(store, log);
  const issuer = issuerOf(settings);
  const shared = common(settings, store, sealOf(settings), log, issuer);

  const lrs = await lrsBehind(settings, context);
  const tokens = await startTokenService({
    ...shared,
    ...INSIDE,
    identityProviders: settings.HALLPASS_IDENTITY_PROVIDERS ?? [],
  });
  const gateway = await startGateway({
    ...shared,
    ...gatewaySettings(settings, defaultOrganization(settings, lrs.sample)),
    port: settings.HALLPASS_PORT,
    tokenServiceUrl: `http://${INSIDE.host}:${tokens.port}`,
  });

  const demo = await registerDemoClient(createClientRegister(store));
  if (demo) await recordChanges({ ...context, args: ['all'] }, store, [madeOf(demo.client)]);
  for (const line of demo ? welcome(issuer, demo) : welcomeBack(issuer)) context.print(line);
  await untilSignal(log, [gateway, tokens, lrs, store]);
};

/** It may do everything, so it says in the audit where it came from. */
function madeOf({ client_id: id, scope }: Client): Made {
  return { subject: 'client', id, outcome: 'added', scope };
}

interface Behind {
  /** Where the sample LRS is and how it is called; absent where the operator's stands behind. */
  sample?: { url: string; username: string; password: string };
  close(): Promise<void>;
}

/** The operator's LRS, or, where none is set, the sample with a credential made for this run. */
async function lrsBehind(settings: Settings, { print }: Context): Promise<Behind> {
  if (settings.HALLPASS_LRS_URL !== undefined) return { close: () => Promise.resolve() };
  const credential = { username: 'hallpass', password: randomBytes(16).toString('hex') };
  const sample = await startSampleLrs({
    ...INSIDE,
    credentials: [credential],
    authority: sampleAuthority(settings),
  });
  print(`HALLPASS_LRS_URL is not set, so this is in front of the sample LRS. ${SAMPLE_LRS_NOTICE}`);
  return { sample: { ...credential, url: sample.url }, close: () => sample.close() };
}
