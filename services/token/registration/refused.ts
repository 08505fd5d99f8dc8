/** Why a registration, or a change of one, is refused. */

/** Each error and the status that it becomes. @see RFC 7591 §3.2.2, RFC 6750 §3.1 */
export const STATUS_OF = {
  invalid_redirect_uri: 400,
  invalid_client_metadata: 400,
  invalid_token: 401,
  access_denied: 403,
} as const;

export class RegistrationRefused extends Error {
  override readonly name = 'RegistrationRefused';
  readonly error: keyof typeof STATUS_OF;

  /** @param description tells the caller what to mend. */
  constructor(error: keyof typeof STATUS_OF, description: string, cause?: unknown) {
    super(description, { cause });
    this.error = error;
  }

  get status(): number {
    return STATUS_OF[this.error];
  }
}
