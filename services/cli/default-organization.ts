/** The organization that the settings describe. */
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import type { Settings } from './settings-of.ts';

/** @param sample the sample LRS that was started, where the operator has none: the settings know neither its URL nor its credential. */
export function defaultOrganization(
  settings: Settings,
  sample?: { url: string; username: string; password: string },
): Organization {
  const {
    HALLPASS_LRS_URL: own,
    HALLPASS_LRS_USERNAME: username,
    HALLPASS_LRS_PASSWORD: password,
    HALLPASS_LRS_AUTHORITY_TEMPLATE: authority_template,
    HALLPASS_LRS_AUDIENCE: audience,
    HALLPASS_LRS_SCOPE_PREFIX: scope_prefix,
    HALLPASS_LRS_VERSION: version,
  } = settings;
  return {
    org: DEFAULT_ORGANIZATION,
    name: 'Default',
    lrs: {
      url: own ?? settings.HALLPASS_SAMPLE_LRS_URL ?? '',
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      auth: settings.HALLPASS_LRS_AUTH,
      /* The sample LRS keeps the authority that it is sent; what another does, only its operator knows. */
      authority: settings.HALLPASS_LRS_AUTHORITY ?? (own === undefined ? 'kept' : 'shared'),
      ...(authority_template && { authority_template }),
      jwt_profile: settings.HALLPASS_LRS_JWT_PROFILE,
      ...(audience !== undefined && { audience }),
      ...(scope_prefix !== undefined && { scope_prefix }),
      ...(version && { version }),
      ...sample,
    },
    isolate_state: settings.HALLPASS_ISOLATE_STATE,
    created_at: 0,
    updated_at: 0,
  };
}
