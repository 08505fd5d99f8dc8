/** The media type of forms. @see RFC 6749 appendix B */

export const FORM = 'application/x-www-form-urlencoded';

/** @param type a `Content-Type`. */
export function isForm(type: string | undefined): boolean {
  return type?.split(';')[0]?.trim().toLowerCase() === FORM;
}
