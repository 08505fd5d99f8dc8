/** An answer of the LRS that is held back until it is known what may go on of it. */
import type { Answer } from './call.ts';
import { valueOf } from './headers.ts';

/** The encoding that its bytes are in, where that is another than their own: they cannot be looked into. */
export function encodingOf({ headers }: Pick<Answer, 'headers'>): string | undefined {
  const encoding = valueOf(headers, 'content-encoding');
  return encoding?.toLowerCase() === 'identity' ? undefined : encoding;
}

/** Nobody will read it: its connection is not to wait for that. */
export function drop({ body }: Pick<Answer, 'body'>): void {
  if (!Buffer.isBuffer(body)) body.on('error', () => undefined).destroy();
}
