/** What a browser would rather have: `Accept`, `Accept-Language`. */

/** What the header lists without its parameters, the most wanted first, and nothing that is refused. @see RFC 9110 §12.4.2 */
export function byPreference(header: string): string[] {
  return header
    .split(',')
    .map((part) => {
      const [name = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
      return { name, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ name }) => name);
}

/** Whether it is a browser that somebody looks into: a program names no `text/html`, or JSON before it. */
export function prefersPage(accept = ''): boolean {
  const types = byPreference(accept.toLowerCase());
  const [page, json] = [types.indexOf('text/html'), types.indexOf('application/json')];
  return page >= 0 && (json < 0 || page < json);
}
