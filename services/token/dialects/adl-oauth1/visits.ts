/** Which browser answers which temporary credentials: the names of their stops at `/sign-in/`. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sameDigest } from '../../../shared/digest.ts';
import type { Seal } from '../../../shared/seal.ts';
import { keyOf, type Store } from '../../../store/store.ts';
import type { Browsers } from '../../sign-in/browser.ts';
import { ANSWER_SECONDS } from './temporary.ts';

const NAME = /^\/sign-in\/(?<uid>oauth1-[\w-]{43})(?:[/?]|$)/;

/** The stop that a request is for, where it is one of these. */
export function visitIn({ url = '' }: IncomingMessage): string | undefined {
  return NAME.exec(url)?.groups?.uid;
}

export interface Visits {
  /** @returns the name of the stop: for this token, in this browser, the same each time. */
  begin(req: IncomingMessage, res: ServerResponse, token: string): Promise<string>;
  /** The token, where it is this browser that came with it. */
  find(req: IncomingMessage, res: ServerResponse): Promise<string | undefined>;
}

const CONTEXT = 'oauth1-visit';

export function createVisits(store: Store, seal: Seal, browsers: Browsers): Visits {
  const at = (uid: string) => keyOf(`OAuth 1 visit ${uid}`);
  /* Of the browser's own secret: whoever learns the name from a history or a log is in another browser. */
  const nameOf = (browser: string, token: string) => `oauth1-${browsers.formToken(browser, ['oauth1', token])}`;

  return {
    begin: async (req, res, token) => {
      const uid = nameOf(browsers.secretOf(req, res), token);
      await store.write('interaction', at(uid), seal.seal(token, CONTEXT), ANSWER_SECONDS);
      return uid;
    },

    find: async (req, res) => {
      const uid = visitIn(req);
      const sealed = uid === undefined ? undefined : await store.read('interaction', at(uid));
      const token = sealed === undefined ? undefined : seal.open(sealed, CONTEXT);
      if (uid === undefined || token === undefined) return undefined;
      return sameDigest(uid, nameOf(browsers.secretOf(req, res), token)) ? token : undefined;
    },
  };
}
