/**
 * X-Experience-API-Version: which xAPI the two sides speak.
 *
 * @see xAPI 1.0.3 Part 3 §3.3
 */
import type { RequestHandler } from 'express';
import { LrsError } from './lrs-error.ts';

/** The latest patch version of each line spoken. */
export type XapiVersion = '1.0.3' | '2.0.0';

/** What a request header may say, and what is answered. */
const ACCEPTED: readonly (readonly [RegExp, XapiVersion])[] = [
  [/^1\.0(?:\.\d+)?$/, '1.0.3'],
  [/^2\.0(?:\.\d+)?$/, '2.0.0'],
];

/** @see xAPI 1.0.3 Part 3 §2.8: 1.0.0 MUST be included, and the latest patch version of each major one */
export const SUPPORTED_VERSIONS = ['1.0.0', '1.0.3', '2.0.0'];

export function versionOf(header: string | undefined): XapiVersion | undefined {
  return ACCEPTED.find(([pattern]) => pattern.test(header ?? ''))?.[1];
}

/** "The LRS MUST include the X-Experience-API-Version header in every response": so this is the first step. */
export const sayVersion: RequestHandler = (req, res, next) => {
  res.set('X-Experience-API-Version', versionOf(req.get('X-Experience-API-Version')) ?? '1.0.3');
  next();
};

export const requireVersion: RequestHandler = (req, _res, next) => {
  const asked = req.get('X-Experience-API-Version');
  if (asked === undefined)
    throw new LrsError(400, 'the header X-Experience-API-Version is missing: send 1.0.3 or 2.0.0');
  if (versionOf(asked) === undefined) {
    throw new LrsError(400, `X-Experience-API-Version ${asked} is not supported: send 1.0.3 or 2.0.0`);
  }
  next();
};
