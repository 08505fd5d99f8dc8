/** The provider for the keys as they are: oidc-provider takes its keys once, so for other keys there is another one. */
import { StoreUnavailable } from '../store/store.ts';
import type { CurrentKeys, SigningKeys } from '../store/signing-keys.ts';
import type { BrowserSessions } from './browser-sessions.ts';
import type { Interactions } from './interactions.ts';
import type { AnswerOrdinary } from './ordinary-grant.ts';
import type { ProviderHandler } from './provider.ts';

export interface Built {
  handle: ProviderHandler;
  answerOrdinary: AnswerOrdinary;
  interactions: Interactions;
  sessions: BrowserSessions;
}

/**
 * @param keys the keys as they are now.
 * @param build the provider that has these. What it was asked it answers, though there is another by then.
 * @returns what is asked as one provider is, and asks the current one. While the store cannot tell which that is, it is
 * the last: whoever fetches keys meanwhile has done nothing wrong, and gets them.
 * @throws what `keys` throws, at the start.
 */
export async function createCurrentProvider(keys: CurrentKeys, build: (keys: SigningKeys) => Built): Promise<Built> {
  let used = await keys();
  let built = build(used);

  function lastKnown(error: unknown): SigningKeys {
    if (error instanceof StoreUnavailable) return used;
    throw error;
  }

  async function current(): Promise<Built> {
    const now = await Promise.resolve(keys()).catch(lastKnown);
    if (now !== used && namesOf(now) !== namesOf(used)) built = build(now);
    used = now;
    return built;
  }

  return {
    handle: async (...asked) => (await current()).handle(...asked),
    /* It needs no key. */
    answerOrdinary: (...asked) => built.answerOrdinary(...asked),
    interactions: {
      find: async (...asked) => (await current()).interactions.find(...asked),
      signIn: async (...asked) => (await current()).interactions.signIn(...asked),
      consent: async (...asked) => (await current()).interactions.consent(...asked),
      deny: async (...asked) => (await current()).interactions.deny(...asked),
      beginDevice: async (...asked) => (await current()).interactions.beginDevice(...asked),
      resumeDevice: async (...asked) => (await current()).interactions.resumeDevice(...asked),
    },
    sessions: {
      find: async (...asked) => (await current()).sessions.find(...asked),
      begin: async (...asked) => (await current()).sessions.begin(...asked),
      forget: async (...asked) => (await current()).sessions.forget(...asked),
    },
  };
}

/** In their order, which says which of them signs. */
function namesOf({ jwks, cookieKeys }: SigningKeys): string {
  return [...jwks.map(({ kid }) => kid), ...cookieKeys].join(' ');
}
