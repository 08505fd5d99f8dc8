/** The gateway's user name and password at an LRS: those registered on the client, or its organization's. */
import { basicCredential, openLrsPassword } from '../shared/lrs-credential.ts';
import { DEFAULT_ORGANIZATION, type Organization } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import type { Seal } from '../shared/seal.ts';
import type { HeaderList } from './headers.ts';
import type { Caller } from '../caller/caller.ts';

export type Credential = (organization: Organization, caller: Caller | undefined) => HeaderList;

interface Registered {
  username?: string;
  password?: string;
}

/** @returns an `Authorization` of the scheme Basic, or nothing where there is no credential; opened once for each registration. */
export function createCredential(seal: Seal): Credential {
  const opened = new WeakMap<Registered, HeaderList>();

  function headersOf(registered: Registered, isSealed: boolean): HeaderList {
    const known = opened.get(registered);
    if (known) return known;
    const { username, password } = registered;
    const isThere = username !== undefined && password !== undefined;
    const headers = isThere ? basic(username, isSealed ? open(password) : password) : [];
    opened.set(registered, headers);
    return headers;
  }

  function open(sealed: string): string {
    try {
      return openLrsPassword(seal, sealed);
    } catch (cause) {
      throw new Refusal('server_error', 'the credential for the LRS cannot be used; its operator has been told', {
        cause,
      });
    }
  }

  return ({ org, lrs }, caller) => {
    const own = caller?.client.lrs_credential;
    return own ? headersOf(own, true) : headersOf(lrs, org !== DEFAULT_ORGANIZATION);
  };
}

export function basic(username: string, password: string): HeaderList {
  return [['Authorization', basicCredential(username, password)]];
}
