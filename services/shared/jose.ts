/** jose, loaded when something is first signed or verified: where tokens are opaque, a gateway never does either. */
import type * as Jose from 'jose';

let loading: Promise<typeof Jose> | undefined;

export function jose(): Promise<typeof Jose> {
  return (loading ??= import('jose'));
}
