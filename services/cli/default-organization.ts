/** The organization that the settings describe. */
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import type { Settings } from '../../config/settings.ts';

/** @param sample the sample LRS, where that is what stands behind: it keeps the authority it is sent. */
export function defaultOrganization(
  settings: Settings,
  sample?: { url: string; username: string; password: string },
): Organization {
  const { HALLPASS_LRS_URL: url = '', HALLPASS_LRS_USERNAME: username, HALLPASS_LRS_PASSWORD: password } = settings;
  return {
    org: DEFAULT_ORGANIZATION,
    name: 'Default',
    lrs: {
      url,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      auth: settings.HALLPASS_LRS_AUTH,
      authority: settings.HALLPASS_LRS_AUTHORITY ?? (sample ? 'kept' : 'shared'),
      jwt_profile: 'generic',
      ...sample,
    },
    isolate_state: false,
    created_at: 0,
    updated_at: 0,
  };
}
