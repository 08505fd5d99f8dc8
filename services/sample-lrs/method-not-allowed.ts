/** The last handler of a resource: whatever method is left is one that it does not have. */
import type { RequestHandler } from 'express';
import { LrsError } from './lrs-error.ts';

export function methodNotAllowed(...allowed: string[]): RequestHandler {
  return (req) => {
    throw new LrsError(405, `${req.method} is not a method of this resource; it has ${allowed.join(', ')}`, {
      Allow: allowed.join(', '),
    });
  };
}
