/** A launch, as it is kept: the record of the token that its fetch URL gives once, under an id that says nothing of it. */
import { digest } from '../../../shared/digest.ts';

/** Content is fetched by a browser that was just sent to it. Whoever finds the URL later, in a history, is too late. */
export const FETCH_SECONDS = 600;

/** How long after its end somebody is told that it ended, and not that it is unknown. */
export const REMEMBERED_SECONDS = 24 * 3600;

/** The LMS keeps this, and shows it to end the launch: nobody gets from it to the fetch URL. */
export function launchIdOf(fetchSecret: string): string {
  return digest(fetchSecret);
}
