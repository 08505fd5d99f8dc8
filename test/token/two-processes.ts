/** Two token services on one store, and requests that race for what is good once. */
import type { SharedStore } from '../support/stores.ts';
import { newSeal, runTokenService, type TokenService } from '../support/token-service.ts';

const AT_ONCE = 20;

export interface TwoProcesses {
  first: TokenService;
  /** Asks twenty times at once, at both in turn. */
  race<T>(ask: (at: TokenService) => PromiseLike<T>): Promise<T[]>;
  close(): Promise<void>;
}

export async function openTwoProcesses(open: () => Promise<SharedStore>): Promise<TwoProcesses> {
  const shared = await open();
  const seal = newSeal();
  const [first, second] = [
    await runTokenService({ store: await shared.connect(), seal }),
    await runTokenService({ store: await shared.connect(), seal }),
  ];
  return {
    first,
    race: (ask) => Promise.all(Array.from({ length: AT_ONCE }, async (_, n) => ask(n % 2 ? second : first))),
    close: async () => {
      for (const each of [first, second]) await each.close();
      await shared.close();
    },
  };
}
