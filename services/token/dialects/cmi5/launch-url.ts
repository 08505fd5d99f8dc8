/** The URL that an LMS opens in the learner's browser. @see cmi5 §8.1 */

/** In the order of the specification's example. */
export const LAUNCH_PARAMETERS = ['endpoint', 'fetch', 'actor', 'registration', 'activityId'] as const;

export type LaunchParameters = Readonly<Record<(typeof LAUNCH_PARAMETERS)[number], string>>;

/** A page that a browser can be sent to: `javascript:` would run as the page that sends it there. */
export function isPageUrl(value: unknown): value is string {
  const url = typeof value === 'string' ? URL.parse(value) : null;
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** "…the names MUST NOT collide with named parameters defined below." */
export function isContentUrl(value: unknown): value is string {
  return isPageUrl(value) && !LAUNCH_PARAMETERS.some((name) => new URL(value).searchParams.has(name));
}

/** "The launch parameters MUST be name/value pairs in a query string appended to the URL"; its own query stays as it is. */
export function launchUrl(content: string, parameters: LaunchParameters): string {
  const url = new URL(content);
  const pairs = LAUNCH_PARAMETERS.map((name) => `${name}=${encodeURIComponent(parameters[name])}`).join('&');
  url.search = [url.search.slice(1), pairs].filter(Boolean).join('&');
  return url.href;
}
