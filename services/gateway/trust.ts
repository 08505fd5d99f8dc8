/** How an LRS learns that it can trust a call, and who is calling: a registration made into headers. */
import type { Organization } from '../shared/organization.ts';
import type { Lrs } from './lrs.ts';

export interface TrustOptions {
  issuer: string;
}

export function createTrust(_options: TrustOptions): (organization: Organization) => Lrs {
  return ({ org, lrs, isolate_state }) => {
    const { origin, pathname } = new URL(lrs.url);
    const credential = basic(lrs.username, lrs.password);
    return {
      org,
      origin,
      basePath: pathname.replace(/\/$/, ''),
      authority: lrs.authority,
      version: lrs.version,
      isolatesState: isolate_state,
      credential: () => (credential === undefined ? [] : [['Authorization', credential]]),
      authorityOf: () => undefined,
    };
  };
}

function basic(username: string | undefined, password: string | undefined): string | undefined {
  if (username === undefined || password === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
