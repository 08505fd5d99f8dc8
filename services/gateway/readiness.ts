/** Whether the gateway can do its work: the store answers, and so does the LRS. */
import { NO_BODY, streamOf } from '../shared/body.ts';
import { Refusal } from '../shared/refusal.ts';
import { VERSION_HEADER } from '../shared/xapi/version.ts';
import type { Store } from '../store/store.ts';
import { departureAfter } from './departure.ts';
import type { Forward } from './forward.ts';
import type { Lrs } from './lrs.ts';

const PATIENCE_MS = 2000;

/** @returns a check that throws Refusal 503 saying what is amiss. */
export function createReadiness(
  store: Store,
  forward: Forward,
  { origin, basePath }: Pick<Lrs, 'origin' | 'basePath'>,
): () => Promise<void> {
  return async () => {
    await store.ping().catch((cause: unknown) => {
      throw new Refusal('temporarily_unavailable', 'the store does not answer', { cause });
    });
    const about = {
      origin,
      method: 'GET',
      path: `${basePath}/about`,
      headers: [[VERSION_HEADER, '1.0.3']] as const,
      contentLength: 0,
      openBody: () => NO_BODY,
    };
    const answer = await forward.ask(about, departureAfter(PATIENCE_MS)).catch((cause: unknown) => {
      throw new Refusal('temporarily_unavailable', 'the LRS does not answer', { cause });
    });
    const { status } = answer;
    streamOf(answer.body).resume();
    if (status >= 500) throw new Refusal('temporarily_unavailable', `the LRS answers ${status}`);
  };
}
