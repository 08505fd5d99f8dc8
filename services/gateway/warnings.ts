/** What is worth saying at the start about the LRS of the settings: what cannot be done in front of it, and what would help. */
import type { Log } from '../shared/log.ts';
import type { LrsRegistration, Organization } from '../shared/organization.ts';
import { tellsClientsApart } from '../shared/xapi/authority.ts';
import { PROFILES } from './jwt-profiles.ts';

type Situation = LrsRegistration & { issuer: string };

/** What is so, and the sentence for it. */
const WARNINGS: readonly (readonly [is: (lrs: Situation) => boolean, sentence: string])[] = [
  [
    ({ authority }) => authority === 'shared',
    'statements/read/mine is refused in front of this LRS: it records one authority for all clients. Set ' +
      'HALLPASS_LRS_AUTHORITY=kept if it keeps the authority that the gateway sends, or per-credential if it records ' +
      'its own for each client: with a credential of its own registered on each client, or with HALLPASS_LRS_AUTH=jwt',
  ],
  [
    ({ authority, auth, jwt_profile }) =>
      authority === 'kept' && auth === 'jwt' && PROFILES[jwt_profile].authority !== undefined,
    'HALLPASS_LRS_AUTHORITY=kept is not true of SQL LRS and Ralph: they record an authority made of the token, so ' +
      'statements/read/mine would find nothing. Set it to per-credential',
  ],
  [
    ({ authority, auth, authority_template }) =>
      authority === 'per-credential' && auth === 'basic' && authority_template === undefined,
    'statements/read/mine is refused but for clients with an authority of their own: nothing says which authority the ' +
      'LRS records for a credential. Set HALLPASS_LRS_AUTHORITY_TEMPLATE, e.g. to ' +
      '{"account":{"homePage":"https://lrs.internal","name":"{lrs_username}"}}',
  ],
  [
    ({ authority, auth, jwt_profile, authority_template }) =>
      authority === 'per-credential' &&
      auth === 'jwt' &&
      PROFILES[jwt_profile].authority === undefined &&
      authority_template === undefined,
    'statements/read/mine is refused but for clients with an authority of their own: nothing says which authority the ' +
      'LRS makes of a token. Set HALLPASS_LRS_AUTHORITY_TEMPLATE, or HALLPASS_LRS_JWT_PROFILE to lrsql or ralph',
  ],
  [
    ({ authority, authority_template }) =>
      authority !== 'shared' && authority_template !== undefined && !tellsClientsApart(authority_template),
    'statements/read/mine is refused but for clients with an authority of their own: HALLPASS_LRS_AUTHORITY_TEMPLATE ' +
      'gives all others the same one. Put {client_id} into what identifies its Agent',
  ],
  [
    ({ auth, audience, issuer }) =>
      auth !== 'basic' && audience !== undefined && `${audience}/`.startsWith(`${issuer}/`),
    'HALLPASS_LRS_AUDIENCE names the gateway and not the LRS: whatever is issued to clients for the gateway could be ' +
      'taken for an assertion by it',
  ],
];

/** Sentences in the names of the settings, whatever the organization is described by. */
export function warningsOn({ lrs }: Organization, issuer: string): string[] {
  return WARNINGS.filter(([is]) => is({ ...lrs, issuer })).map(([, sentence]) => sentence);
}

/** Says each at the level `warn`. @param organization the one that the settings describe. */
export function warnOf(organization: Organization, issuer: string, log: Log): void {
  for (const sentence of warningsOn(organization, issuer)) log.warn({ lrs: organization.lrs.url }, sentence);
}
