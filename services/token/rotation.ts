/** Refresh tokens are used once: each use gives another. @see RFC 9700 §4.14.2 */
import { DEVICE_CODE } from '../shared/client.ts';
import type { Store } from '../store/store.ts';
import { DEVICE_SECONDS } from './device-codes.ts';
import { createFamilies } from './families.ts';
import { createSuccessors, type Answer } from './refresh.ts';
import { answeredKey } from './spendable.ts';

/** What of the library's context is read. */
export interface TokenContext {
  readonly oidc: {
    readonly params?: Readonly<Record<string, unknown>> | undefined;
    readonly entities: { RefreshToken?: { spent?: number; jti?: string; grantId?: string } };
  };
}

export interface Rotation {
  /** A refresh token that was used a moment ago; the answer is then {@link answerTo}'s. @returns whether it was. */
  isRepeated(ctx: TokenContext): Promise<boolean>;
  /** Of several requests with one refresh token at once this is not the first. */
  repeat(ctx: TokenContext, token: string): Promise<void>;
  /** What this request is answered with, instead of a refusal. */
  answerTo(ctx: TokenContext): Answer | undefined;
  /** Whether somebody else had gone on with its answer: the family was ended. */
  isReplayed(ctx: TokenContext): boolean;
  /** Notes what a code, or a refresh token, was exchanged for. */
  note(ctx: TokenContext, answer: Answer): Promise<void>;
}

/** Longer than a code lives, and than a device's is remembered. */
const ANSWERED_SECONDS = 2 * DEVICE_SECONDS;

export function createRotation(store: Store): Rotation {
  const successors = createSuccessors(store);
  const families = createFamilies(store);
  const repeated = new WeakMap<TokenContext, Answer>();
  const replayed = new WeakSet<TokenContext>();

  async function repeat(ctx: TokenContext, token: string): Promise<void> {
    const answer = await successors.find(token, wishOf(ctx));
    if (!answer) return;
    const { RefreshToken: used } = ctx.oidc.entities;
    /* Whoever had the answer has gone on with it: this is somebody else, and nobody can tell which of them is the thief. */
    if (!(await successors.isUsed(answer))) return void repeated.set(ctx, answer);
    replayed.add(ctx);
    await families.end(used?.grantId ?? '');
  }

  return {
    repeat,
    isRepeated: async (ctx) => {
      const { RefreshToken: used } = ctx.oidc.entities;
      if (used?.spent === undefined || used.jti === undefined) return false;
      await repeat(ctx, used.jti);
      return true;
    },
    answerTo: (ctx) => repeated.get(ctx),
    isReplayed: (ctx) => replayed.has(ctx),
    note: async (ctx, answer) => {
      const { grant_type, code, device_code, refresh_token } = ctx.oidc.params ?? {};
      const redeemed =
        grant_type === 'authorization_code' ? code : grant_type === DEVICE_CODE ? device_code : undefined;
      if (typeof redeemed === 'string') await store.write('replay', answeredKey(redeemed), '', ANSWERED_SECONDS);
      if (grant_type === 'refresh_token' && typeof refresh_token === 'string')
        await successors.keep(refresh_token, wishOf(ctx), answer);
    },
  };
}

function wishOf({ oidc: { params } }: TokenContext): string {
  return JSON.stringify([params?.scope ?? null, params?.resource ?? null]);
}
