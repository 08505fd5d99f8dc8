/** How others spell the type of a token. */

/**
 * "This will always be bearer", say Watershed and Learning Locker of `token_type`, so their clients may compare it. Its
 * "Value is case insensitive" (RFC 6749 §5.1). A token that is bound to a key is of another type, and stays so.
 */
export function tellBearer(body: unknown): void {
  const answer = body as { token_type?: unknown } | undefined;
  if (answer?.token_type === 'Bearer') answer.token_type = 'bearer';
}
