/** Whether a caller is still there: what is under way for it ends when it goes. */
import type { HttpAnswer } from '../shared/front/message.ts';

export interface Departure {
  readonly hasGone: boolean;
  /** Called when it goes. Set by whoever waits for the LRS on its behalf, one at a time, and taken away again. */
  onGone: (() => void) | undefined;
}

/** A tenth of the price of an AbortSignal, which every call would pay. */
export function departureOf(res: HttpAnswer): Departure {
  const departure = staying();
  res.on('close', () => leave(departure));
  return departure;
}

/** Of one who waits no longer than this. */
export function departureAfter(ms: number): Departure {
  const departure = staying();
  setTimeout(() => leave(departure), ms).unref();
  return departure;
}

type Mutable = { -readonly [Key in keyof Departure]: Departure[Key] };

const staying = (): Mutable => ({ hasGone: false, onGone: undefined });

function leave(departure: Mutable): void {
  departure.hasGone = true;
  departure.onGone?.();
}
