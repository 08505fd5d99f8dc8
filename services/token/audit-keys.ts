/** One line for each change of the keys that sign, by a command or by the clock: by name, which tells nothing. */
import type { Log } from '../shared/log.ts';
import { SIGNING_ALGORITHMS, type SigningKeys } from '../store/signing-keys.ts';

/** @param keys those that are used from now on, in this process. */
export function auditKeys(log: Log, { jwks }: SigningKeys): void {
  const kidsFor = (wanted: string) => jwks.filter(({ alg }) => alg === wanted).map(({ kid }) => kid);
  const signing = SIGNING_ALGORITHMS.map((algorithm) => kidsFor(algorithm)[0]);
  log.info({ audit: 'keys', signing, published: jwks.map(({ kid }) => kid) }, 'keys in use');
}
