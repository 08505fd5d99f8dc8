/** The media type of forms. @see RFC 6749 appendix B */

export const FORM = 'application/x-www-form-urlencoded';

const IS_FORM = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/** @param type a `Content-Type`. */
export function isForm(type: string | undefined): boolean {
  return type !== undefined && IS_FORM.test(type);
}
