/** Whether a secret is a client's: the library asks at every endpoint where clients authenticate. */
import type { IncomingMessage } from 'node:http';
import { callerAddress } from '../shared/caller-address.ts';
import type { Client } from '../shared/client.ts';
import { TOO_MANY_WRONG, type CompareSecret } from '../store/wrong-secrets.ts';

/** The request that is being answered. */
interface Answering {
  readonly req: IncomingMessage;
  set(name: string, value: string): void;
}

/** @throws TooManyWrong, which the library answers with as with an error of its own. */
export type IsSecretOf = (client: Client, secret: string, ctx: Answering | undefined) => Promise<boolean>;

export function createIsSecretOf(compareSecret: CompareSecret): IsSecretOf {
  return async (client, secret, ctx) => {
    const compared = await compareSecret(client, secret, ctx && callerAddress(ctx.req));
    if (typeof compared === 'string') return compared === 'right';
    ctx?.set('Retry-After', String(compared.retryAfterSeconds));
    throw new TooManyWrong();
  };
}

/** 429: RFC 6749 §5.2 has no code for it, and this one says that another time it may go well. @see RFC 6585 §4 */
class TooManyWrong extends Error {
  override readonly name = 'TooManyWrong';
  readonly statusCode = 429;
  readonly expose = true;
  readonly error_description = TOO_MANY_WRONG;
  readonly error_detail = 'too many wrong secrets';

  constructor() {
    super('temporarily_unavailable');
  }
}
