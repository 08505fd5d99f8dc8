/** Attachments as they pass: every delimiter is followed by the head of one more, or is the last; every byte stays. */
import { Refusal } from '../../shared/refusal.ts';
import { HEAD_END, MAX_HEAD_BYTES, refuseUnlessAttachment } from './part-head.ts';

export interface AttachmentCheck {
  /** @returns what may go on of what has come so far. @throws Refusal 400 */
  write(piece: Buffer): Buffer[];
  /** @returns what is left. @throws Refusal 400 for a body that ends within a part's head. */
  end(): Buffer[];
}

type Place = 'content' | 'after a delimiter' | 'head' | 'after the last';

export function createAttachmentCheck(boundary: string): AttachmentCheck {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1');
  let place: Place = 'content';
  let held: Buffer = Buffer.alloc(0);
  let passed: Buffer[] = [];

  function pass(bytes: number): void {
    if (bytes > 0) passed.push(held.subarray(0, bytes));
    held = held.subarray(Math.max(bytes, 0));
  }

  /** Each reads what it can and says whether the next can go on. */
  const read: Record<Place, () => boolean> = {
    content: () => {
      const at = held.indexOf(delimiter);
      pass(at < 0 ? held.length - delimiter.length + 1 : at + delimiter.length);
      if (at >= 0) place = 'after a delimiter';
      return at >= 0;
    },
    'after a delimiter': () => {
      if (held.length < 2) return false;
      const next = held.toString('latin1', 0, 2);
      if (next !== '\r\n' && next !== '--')
        throw new Refusal('invalid_request', 'the boundary occurs within a part, or a delimiter has more in its line');
      if (next === '--') pass(2);
      place = next === '--' ? 'after the last' : 'head';
      return true;
    },
    head: () => {
      const end = held.indexOf(HEAD_END);
      if (end > MAX_HEAD_BYTES || (end < 0 && held.length > MAX_HEAD_BYTES))
        throw new Refusal('invalid_request', 'the head of a part does not end with an empty line');
      if (end < 0) return false;
      refuseUnlessAttachment(held.toString('latin1', 2, Math.max(end, 2)));
      pass(end + HEAD_END.length);
      place = 'content';
      return true;
    },
    'after the last': () => {
      if (/[^\r\n]/.test(held.toString('latin1')))
        throw new Refusal('invalid_request', 'nothing should follow the last delimiter');
      pass(held.length);
      return false;
    },
  };

  return {
    write: (piece) => {
      held = held.length === 0 ? piece : Buffer.concat([held, piece]);
      passed = [];
      while (read[place]());
      return passed;
    },
    end: () => {
      if (place === 'head' || place === 'after a delimiter')
        throw new Refusal('invalid_request', 'the body ends within the head of a part');
      passed = [];
      pass(held.length);
      return passed;
    },
  };
}
