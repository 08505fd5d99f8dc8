/** Whether somebody is who they say: found, throttled, compared, in an order that tells nobody which accounts there are. */
import { nowSeconds } from '../../shared/clock.ts';
import { hashPassword, isPassword, needsRehash, passwordFault } from '../../shared/password.ts';
import type { Person } from '../../shared/person.ts';
import type { PersonRegister } from '../../store/people.ts';
import type { Store } from '../../store/store.ts';
import type { Browsers } from './browser.ts';
import { networkOf } from '../../shared/network.ts';
import { createThrottle } from './throttle.ts';

export interface Claim {
  /** E-mail address or username, as it was typed. */
  identifier: string;
  password: string;
  address: string | undefined;
  browser: string;
}

/** `account`: whose sign-in failed, for the audit only. */
export type Outcome =
  | { person: Person }
  | { fault: 'failed'; account: string | undefined }
  | { fault: { retryAfterSeconds: number }; account: string | undefined };

export interface CredentialCheckOptions {
  people: Pick<PersonRegister, 'findByEmail' | 'findByUsername' | 'change'>;
  store: Store;
  browsers: Browsers;
}

export function createCredentialCheck({ people, store, browsers }: CredentialCheckOptions) {
  const admit = createThrottle(store);

  return async ({ identifier, password, address, browser }: Claim): Promise<Outcome> => {
    const found = (await people.findByEmail(identifier)) ?? (await people.findByUsername(identifier));
    const account = found?.person_id;
    const isKnown = await browsers.isKnown(browser, account ?? '');
    const admission = await admit({
      account: account ?? identifier.toLowerCase(),
      address: networkOf(address),
      knownBrowser: isKnown ? browser : undefined,
    });
    if ('retryAfterSeconds' in admission) return { fault: admission, account };
    const isRight = await isPassword(found, password);
    if (!isRight || !found?.active) return { fault: 'failed', account };
    await Promise.all([admission.succeeded(), browsers.remember(browser, found.person_id)]);
    await renewHash(people, found, password);
    return { person: found };
  };
}

/** Kept as it would be now, while the password is at hand; one that would not be taken any more stays as it is. */
async function renewHash(people: Pick<PersonRegister, 'change'>, person: Person, password: string): Promise<void> {
  const { person_id, password: kept } = person;
  if (!kept || !needsRehash(kept) || passwordFault(password) !== undefined) return;
  const renewed = await hashPassword(password, nowSeconds());
  await people.change(person_id, (now) => (now.password?.hash === kept.hash ? { ...now, password: renewed } : now));
}
