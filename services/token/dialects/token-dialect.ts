/** What is other at the token endpoint's URL of another system: how its form is read, and what its clients are answered. */
import type { IncomingMessage } from 'node:http';
import type { ParsedUrlQuery } from 'node:querystring';
import { aliasOf } from '../called-at.ts';
import { LEARNING_LOCKER } from './learning-locker.ts';
import { WATERSHED } from './watershed.ts';

/** What the library has made of a token request, before it is sent. */
export interface TokenAnswer {
  readonly req: IncomingMessage;
  readonly oidc?: { readonly body?: unknown };
  status: number;
  body: unknown;
  remove(header: string): void;
}

export interface TokenDialect {
  /** Whether it is this system's own URL. */
  isAt: (path: string) => boolean;
  /** @returns whether the form was changed. */
  read: (parameters: ParsedUrlQuery) => boolean;
  answer: (answer: TokenAnswer) => void;
}

const DIALECTS: readonly TokenDialect[] = [WATERSHED, LEARNING_LOCKER];

/** @returns `undefined` at hallpass's own URLs, where nothing is other. */
export function dialectOf(req: IncomingMessage): TokenDialect | undefined {
  const path = aliasOf(req);
  return path === undefined ? undefined : DIALECTS.find(({ isAt }) => isAt(path));
}
