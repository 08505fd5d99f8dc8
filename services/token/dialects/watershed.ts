/** Watershed's token endpoint, by organization. Its commas, its scopes and `expire_seconds` are understood everywhere. */
import { organizationIn } from '../routes.ts';
import { tellBearer } from './bearer.ts';
import type { TokenDialect } from './token-dialect.ts';

export const WATERSHED: TokenDialect = {
  isAt: (path) => organizationIn(path) !== undefined,
  read: () => false,
  answer: ({ body }) => tellBearer(body),
};
