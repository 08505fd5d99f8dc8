/** What `doctor` finds out about the LRS of an organization. */
import { basicCredential, openLrsPassword } from '../shared/lrs-credential.ts';
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import type { Client } from '../shared/client.ts';
import type { Seal } from '../shared/seal.ts';
import { adviceOn } from './advice.ts';
import { ask, skewFinding } from './doctor-ask.ts';
import { check, type Finding } from './finding.ts';

/** Each password is opened when it is needed, and not before. */
type Password = () => string | undefined;

/** @param clients those of the organization. */
export async function lrsFindings(
  organization: Organization,
  clients: readonly Client[],
  { issuer, seal }: { issuer: string; seal: () => Seal },
): Promise<Finding[]> {
  const { org, lrs } = organization;
  const isDefault = org === DEFAULT_ORGANIZATION;
  const named = (name: string) => (isDefault ? name : `${name} of ${org}`);
  const authority: Finding = {
    check: named('authority'),
    ok: true,
    finding: [lrs.authority, ...adviceOn(organization, issuer)].join(': '),
  };
  if (lrs.url === '')
    return [{ check: named('lrs'), ok: true, finding: 'HALLPASS_LRS_URL is not set: the sample LRS' }, authority];

  const version = lrs.version ?? '1.0.3';
  const about = await check(named('lrs'), async () => {
    const response = await ask(`${lrs.url}/about`, { version });
    if (response.status >= 300) throw new Error(`${lrs.url}/about answers ${response.status}: is this the xAPI path?`);
    return `${lrs.url} answers`;
  });
  const readsWith = (name: string, username: string | undefined, password: Password) =>
    check(name, async () => {
      const response = await ask(`${lrs.url}/statements?limit=1`, { version, ...basic(username, password()) });
      if (response.status !== 200) throw new Error(`reading one statement answers ${response.status}`);
      return 'can read statements';
    });
  const opened = (sealed: string | undefined): Password => {
    return () => (sealed === undefined ? undefined : openLrsPassword(seal(), sealed));
  };
  const own = lrs.password;
  const credentials =
    lrs.auth === 'basic'
      ? [await readsWith(named('lrs credential'), lrs.username, isDefault ? () => own : opened(own))]
      : [{ check: named('lrs credential'), ok: true, finding: `not checked: ${UNCHECKED[lrs.auth]}` }];
  if (lrs.auth === 'basic')
    for (const { client_id, lrs_credential } of clients)
      if (lrs_credential)
        credentials.push(
          await readsWith(
            `lrs credential of client ${client_id}`,
            lrs_credential.username,
            opened(lrs_credential.password),
          ),
        );
  const clock = await check(named('clock'), async () =>
    skewFinding(await ask(`${lrs.url}/about`, { version }), 'the LRS'),
  );
  return [about, ...credentials, authority, clock];
}

const UNCHECKED = {
  jwt: 'only a gateway signs assertions, for the client that calls',
  headers: 'only a gateway says, and signs, which client calls',
};

function basic(username: string | undefined, password: string | undefined): { authorization?: string } {
  if (username === undefined || password === undefined) return {};
  return { authorization: basicCredential(username, password) };
}
