/** How often somebody may enter a code that there is not: whoever guesses one could give a stranger's device to themselves. */
import type { Store } from '../../store/store.ts';
import { networkOf } from '../../shared/network.ts';
import { bucket, createAdmission, type Admission } from './throttle.ts';

const PER_BROWSER = 10;
/** A class of learners comes from one address. */
const PER_ADDRESS = 50;
/** Those whose address cannot be known share one, so that giving up the browser's cookie does not help. */
const UNKNOWN = 'unknown';

/**
 * With these, and ten minutes for each of twenty to the eighth codes, an address would have to guess for thousands of
 * years. What is found is no guess and is given back.
 *
 * @see RFC 8628 §5.1
 */
export function createGuesses(store: Store): (browser: string, address: string | undefined) => Promise<Admission> {
  const admit = createAdmission(store);
  return (browser, address) =>
    admit([
      bucket(PER_BROWSER, true, 'user code, browser', browser),
      bucket(PER_ADDRESS, false, 'user code, address', networkOf(address) ?? UNKNOWN),
    ]);
}
