/** What is wrong only together. */
import type { Settings } from './settings.ts';

type Role = 'token' | 'gateway' | 'all' | 'cli';

interface CrossCheck {
  roles: readonly Role[];
  bad: (settings: Settings) => boolean;
  fault: string;
}

const isOf = (settings: Settings, driver: 'redis' | 'sqlite') => settings.HALLPASS_STORE.driver === driver;

/** As the settings have it, or as it is for the operator's LRS and the sample. */
const authorityOf = (s: Settings) => s.HALLPASS_LRS_AUTHORITY ?? (s.HALLPASS_LRS_URL ? 'shared' : 'kept');

const CHECKS: readonly CrossCheck[] = [
  {
    roles: ['token', 'gateway', 'all'],
    bad: (s) => isOf(s, 'redis') && !s.HALLPASS_ENCRYPTION_KEY,
    fault:
      'HALLPASS_ENCRYPTION_KEY should be set when HALLPASS_STORE is Redis: 32 bytes in base64url, the same for every ' +
      "process, e.g. from: node -p \"require('crypto').randomBytes(32).toString('base64url')\"",
  },
  {
    roles: ['gateway'],
    bad: (s) => !s.HALLPASS_LRS_URL && !s.HALLPASS_SAMPLE_LRS_URL,
    fault: 'HALLPASS_LRS_URL should be set: the LRS behind the gateway, with its xAPI path',
  },
  {
    roles: ['gateway', 'all'],
    bad: (s) => Boolean(s.HALLPASS_LRS_USERNAME) !== Boolean(s.HALLPASS_LRS_PASSWORD),
    fault:
      'HALLPASS_LRS_USERNAME and HALLPASS_LRS_PASSWORD should be set both or neither: how the LRS knows the gateway',
  },
  {
    roles: ['gateway', 'all'],
    bad: (s) => s.HALLPASS_LRS_AUTH === 'jwt' && !s.HALLPASS_LRS_URL,
    fault: 'HALLPASS_LRS_AUTH should be jwt only where HALLPASS_LRS_URL is set: the sample LRS reads no assertions',
  },
  {
    roles: ['gateway', 'all'],
    bad: (s) => Boolean(s.HALLPASS_LRS_AUTHORITY_TEMPLATE) && authorityOf(s) === 'shared',
    fault:
      'HALLPASS_LRS_AUTHORITY_TEMPLATE should be set only where HALLPASS_LRS_AUTHORITY is kept or per-credential: ' +
      'with shared, all clients have the same authority, whatever it says',
  },
];

/** @returns the faults, one line each. */
export function crossCheck(settings: Settings, role: Role): string[] {
  return CHECKS.filter(({ roles, bad }) => roles.includes(role) && bad(settings)).map(({ fault }) => `  ${fault}`);
}
