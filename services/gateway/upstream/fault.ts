/** Why the LRS gave no answer, in terms of the connection. */

/** `unreached`: not within the time there is to connect. `unanswered`: not within the time to answer. `broken`: otherwise. */
export type FaultKind = 'unreached' | 'unanswered' | 'broken';

export class UpstreamFault extends Error {
  override readonly name = 'UpstreamFault';
  readonly kind: FaultKind;

  constructor(kind: FaultKind, message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** The bytes of an answer that this client does not read, because somebody else could read them otherwise. */
export function misread(what: string): UpstreamFault {
  return new UpstreamFault('broken', `the answer of the LRS has ${what}`);
}
