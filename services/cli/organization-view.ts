/** How an organization is shown: never with a password. */
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';

/** In place of a URL that no setting has. */
export const SAMPLE = 'the sample LRS';

export function organizationAsJson({ lrs, created_at, updated_at, ...shown }: Organization): Record<string, unknown> {
  const { password: _password, url, ...rest } = lrs;
  return {
    ...shown,
    lrs: { ...(url && { url }), ...rest },
    ...(shown.org !== DEFAULT_ORGANIZATION && { created_at, updated_at }),
  };
}

export function organizationAsText({ org, name, lrs, isolate_state }: Organization): string[] {
  const rows: [string, string | undefined][] = [
    ['organization', org === DEFAULT_ORGANIZATION ? `${org}  (described by the settings)` : org],
    ['name', name],
    ['lrs', lrs.url || SAMPLE],
    ['auth', lrs.auth],
    ['username', lrs.username],
    ['password', lrs.password && 'kept, and not shown'],
    ['authority', lrs.authority],
    ['authority template', lrs.authority_template && JSON.stringify(lrs.authority_template)],
    ['jwt profile', lrs.auth === 'jwt' ? lrs.jwt_profile : undefined],
    ['audience', lrs.audience],
    ['scope prefix', lrs.scope_prefix],
    ['version', lrs.version],
    ['isolate state', isolate_state ? 'yes' : undefined],
  ];
  return rows.filter(([, value]) => value).map(([label, value]) => `${label.padEnd(20)}${value}`);
}
