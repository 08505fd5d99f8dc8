/** `doctor`: checks what hallpass stands on, from where it runs, and says what is wrong. */
import { createLog } from '../shared/log.ts';
import { createClientRegister } from '../store/clients.ts';
import { openStore } from '../store/open-store.ts';
import { createOrganizationRegister } from '../store/organizations.ts';
import { loadSigningKeys } from '../store/signing-keys.ts';
import type { Store } from '../store/store.ts';
import { CommandFailed, type Command } from './context.ts';
import { defaultOrganization } from './default-organization.ts';
import { ask, skewFinding } from './doctor-ask.ts';
import { lrsFindings } from './doctor-lrs.ts';
import { providerFindings } from './doctor-providers.ts';
import { sealOf } from './encryption-key.ts';
import { check, type Finding } from './finding.ts';
import { likenessesIn, type Registered } from './lookalikes.ts';
import { readOptions } from './options.ts';
import { issuerOf, settingsOf, type Settings } from './settings-of.ts';
import { untilStoreAnswers } from './until-store-answers.ts';

const PATIENCE_MS = 3000;

export const doctor: Command = async (context) => {
  const { values } = readOptions(context.args, { json: { type: 'boolean' } });
  const settings = settingsOf(context, 'cli');
  const log = createLog('doctor', 'silent');
  const store = openStore(settings.HALLPASS_STORE, log);
  try {
    const answers = await check('store', async () => {
      await untilStoreAnswers(store, log, PATIENCE_MS);
      return 'answers';
    });
    const findings = [
      answers,
      await check('keys', () => keysFinding(store, settings)),
      ...(await registeredFindings(settings, answers.ok ? store : undefined)),
      ...(await tokenServiceFindings(settings)),
      ...(await resourceFindings(settings)),
      ...(await providerFindings(settings)),
    ];
    if (values.json) context.print(JSON.stringify(findings, null, 2));
    else
      for (const { check: name, ok, finding } of findings)
        context.print(`${ok ? 'ok   ' : 'WRONG'}  ${name}: ${finding}`);
    if (findings.some(({ ok }) => !ok)) throw new CommandFailed('something is wrong');
  } finally {
    await store.close();
  }
};

async function keysFinding(store: Store, settings: Settings): Promise<string> {
  const { jwks } = await loadSigningKeys(store, sealOf(settings));
  return `${jwks.length} signing key${jwks.length === 1 ? '' : 's'}, opened with the encryption key`;
}

/** Of a store that does not answer nothing is known but what the settings say. */
async function registeredFindings(settings: Settings, store: Store | undefined): Promise<Finding[]> {
  const registered: Registered = {
    issuer: issuerOf(settings),
    clients: store ? await createClientRegister(store).list() : [],
    organizations: [defaultOrganization(settings), ...(store ? await createOrganizationRegister(store).list() : [])],
  };
  const findings = store ? [await check('clients', () => clientsFinding(registered))] : [];
  for (const organization of registered.organizations) {
    const members = registered.clients.filter(({ org }) => org === organization.org);
    findings.push(
      ...(await lrsFindings(organization, members, { issuer: registered.issuer, seal: () => sealOf(settings) })),
    );
  }
  return findings;
}

function clientsFinding(registered: Registered): Promise<string> {
  const likenesses = likenessesIn(registered);
  const faults = registered.clients.flatMap((client) => {
    const likeness = likenesses.get(client.client_id);
    const isHomeless = !registered.organizations.some(({ org }) => org === client.org);
    return [
      ...(likeness === undefined ? [] : [`${client.client_id} has ${likeness}`]),
      ...(isHomeless ? [`${client.client_id} belongs to organization ${client.org}, which there is not`] : []),
    ];
  });
  if (faults.length > 0) return Promise.reject(new Error(faults.join('; ')));
  return Promise.resolve(`${registered.clients.length}, told apart at their LRS`);
}

async function tokenServiceFindings(settings: Settings): Promise<Finding[]> {
  const { HALLPASS_TOKEN_URL: url } = settings;
  if (url === undefined) return [];
  const finding = await check('token service', async () => {
    const response = await ask(`${url}/readyz`);
    if (response.status !== 200) throw new Error(`${url}/readyz answers ${response.status}`);
    return skewFinding(response, 'the token service');
  });
  return [finding];
}

/** Any answer will do: what is at the path itself, only the resource knows. */
function resourceFindings({ HALLPASS_RESOURCES: resources = [] }: Settings): Promise<Finding[]> {
  return Promise.all(
    resources.map(({ name, upstream }) =>
      check(`resource ${name}`, async () => `${upstream} answers ${(await ask(upstream)).status}`),
    ),
  );
}
