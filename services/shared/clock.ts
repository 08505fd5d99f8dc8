/** The time as tokens and records have it. */

/** Unix seconds, whole. */
export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
