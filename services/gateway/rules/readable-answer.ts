/** An answer of the LRS that is to be looked into before any of it goes on. */
import { Refusal } from '../../shared/refusal.ts';
import type { Answer } from '../call.ts';
import { drop, encodingOf } from '../unread-answer.ts';

/**
 * Whether there is anything to look into; otherwise the answer is an error that may go on as it is.
 *
 * @throws Refusal 502 for an answer that could carry statements past being looked at: another success than 200, or bytes
 * in an encoding that was not asked for.
 */
export function checkReadable(answer: Answer): boolean {
  const { status } = answer;
  if (status >= 400) return false;
  const encoding = encodingOf(answer);
  if (status === 200 && encoding === undefined) return true;
  drop(answer);
  throw unreadable(new Error(`${status} with Content-Encoding ${encoding ?? 'identity'} from the LRS`));
}

/** @param cause what went wrong; a Refusal stays what it is. */
export function unreadable(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  return new Refusal('bad_gateway', 'the LRS answered with what are no statements; its operator has been told', {
    cause,
  });
}
