/** `all`: the whole product behind one port, as `make run` starts it. */
import { randomBytes } from 'node:crypto';
import { startGateway } from '../gateway/main.ts';
import { openStore } from '../store/open-store.ts';
import { startTokenService } from '../token/main.ts';
import type { Context } from './context.ts';
import { defaultOrganization } from './default-organization.ts';
import { greet } from './demo.ts';
import { sealOf } from './encryption-key.ts';
import { common, gatewaySettings, sampleAuthority } from './service-settings.ts';
import { serving } from './serving.ts';
import type { Settings } from './settings-of.ts';
import { untilStoreAnswers } from './until-store-answers.ts';

/** Between services of one process: no other machine, nor another worker, can reach it, and any free port will do. */
const INSIDE = { host: '127.0.0.1', port: 0, exclusive: true };

export const all = serving({
  role: 'all',
  name: 'hallpass',
  once: lrsBehind,
  serve: async (settings, { sample }, log, metrics) => {
    const store = openStore(settings.HALLPASS_STORE, log);
    await untilStoreAnswers(store, log);
    const shared = { ...common(settings, store, sealOf(settings), log), metrics };
    const tokens = await startTokenService({
      ...shared,
      ...INSIDE,
      identityProviders: settings.HALLPASS_IDENTITY_PROVIDERS ?? [],
    });
    const gateway = await startGateway({
      ...shared,
      ...gatewaySettings(settings, defaultOrganization(settings, sample)),
      port: settings.HALLPASS_PORT,
      tokenServiceUrl: `http://${INSIDE.host}:${tokens.port}`,
    });
    return [gateway, tokens, store];
  },
  greet,
});

/** The sample LRS, with a credential made for this run, where the operator has set no other. In memory, so there is one. */
async function lrsBehind(settings: Settings, { print }: Context) {
  if (settings.HALLPASS_LRS_URL !== undefined) return { shared: {}, close: () => Promise.resolve() };
  const { SAMPLE_LRS_NOTICE } = await import('../sample-lrs/app.ts');
  const { startSampleLrs } = await import('../sample-lrs/main.ts');
  const credential = { username: 'hallpass', password: randomBytes(16).toString('hex') };
  const sample = await startSampleLrs({ ...INSIDE, credentials: [credential], authority: sampleAuthority(settings) });
  print(`HALLPASS_LRS_URL is not set, so this is in front of the sample LRS. ${SAMPLE_LRS_NOTICE}`);
  return { shared: { sample: { ...credential, url: sample.url } }, close: () => sample.close() };
}
