/** Which xAPI a caller speaks, and which version the gateway's own answers carry. */

export const VERSION_HEADER = 'X-Experience-API-Version';
export const CONSISTENT_THROUGH_HEADER = 'X-Experience-API-Consistent-Through';

export type XapiEdition = '1.0' | '2.0';

/** `1.0`, `1.0.x` → 1.0; `2.0`, `2.0.x` → 2.0; anything else, and nothing, → undefined: the LRS will say so itself. */
export function editionOf(version: string | undefined): XapiEdition | undefined {
  return /^(1\.0|2\.0)(\.\d{1,3})?$/.exec(version ?? '')?.[1] as XapiEdition | undefined;
}

/**
 * The version for an answer that the gateway makes itself: the latest of the line that the client speaks, also where it
 * speaks one that there is not yet.
 *
 * "Every response from the LRS MUST … include the X-Experience-API-Version header".
 *
 * @see xAPI 1.0.3 Part 3 §3.3
 */
export function answerVersion(version: string | undefined): '1.0.3' | '2.0.0' {
  return /^2(\.|$)/.test(version ?? '') ? '2.0.0' : '1.0.3';
}
