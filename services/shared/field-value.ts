/** What a header may say: nothing that could begin another line. @see RFC 9110 §5.5 */
const NOT_IN_VALUE = /[^\t -~\x80-\xff]/;

/** Beyond Latin-1 another byte would be written, U+010A as LF. */
export function isFieldValue(text: string): boolean {
  return !NOT_IN_VALUE.test(text);
}
