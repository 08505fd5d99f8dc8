/**
 * Where a call came from: the gateway sees it, and tells the token service, which sees only the gateway. What a caller
 * says of it under this name ends at the gateway with every other `X-Hallpass-…`.
 */
import type { IncomingMessage } from 'node:http';

const HEADER = 'x-hallpass-address';

/** At the gateway: after whatever the caller sent by this name is gone. */
export function tellCallerAddress({ headers, socket }: IncomingMessage): void {
  const { remoteAddress } = socket;
  if (remoteAddress === undefined) delete headers[HEADER];
  else headers[HEADER] = remoteAddress;
}

/** At the token service; `undefined` for a call that came by no gateway. */
export function callerAddress({ headers }: IncomingMessage): string | undefined {
  const told = headers[HEADER];
  return typeof told === 'string' ? told : undefined;
}
