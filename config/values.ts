/** The kinds of value a setting has. Each throws a sentence that begins with "should be". */

export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to)
      throw new Error(`should be a whole number from ${from} to ${to}, not ${quoted(text)}`);
    return value;
  };
}

export function oneOf<const T extends string>(...values: T[]): (text: string) => T {
  return (text) => {
    const value = values.find((known) => known === text);
    if (value === undefined) throw new Error(`should be one of ${values.join(', ')}, not ${quoted(text)}`);
    return value;
  };
}

export function text(value: string): string {
  return value;
}

export function onOff(value: string): boolean {
  return oneOf('on', 'off')(value) === 'on';
}

/** What is written before each scope: characters of scopes, without the comma, by which some separate them. @see RFC 6749 §3.3 */
export function scopePrefix(value: string): string {
  if (!/^[!#-+\--[\]-~]{1,100}$/.test(value))
    throw new Error(`should be 1 to 100 characters that scopes may have, like lrs: and no comma, not ${quoted(value)}`);
  return value;
}

export function jsonObject(value: string): object {
  const parsed = json(value);
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw new Error('should be a JSON object');
  return parsed;
}

export function jsonArray(value: string): readonly unknown[] {
  const parsed = json(value);
  if (!Array.isArray(parsed)) throw new Error('should be a JSON array');
  return parsed;
}

/** Repeats nothing of it, as JSON.parse does in what it throws: there may be a password in it. */
function json(value: string): unknown {
  try {
    return JSON.parse(value) as unknown;
  } catch {
    throw new Error('should be JSON, and is none');
  }
}

/** Scheme, host and port; nothing else. Without a trailing slash. */
export function origin(value: string): string {
  const url = URL.parse(value);
  const bare = url && /^https?:$/.test(url.protocol) && url.pathname === '/' && !/[?#@]/.test(value);
  if (!bare) throw new Error(`should be an http or https origin like https://lrs.example.org, not ${quoted(value)}`);
  return url.origin;
}

/** An http or https URL with a path, without a trailing slash. */
export function webUrl(example: string): (value: string) => string {
  return (value) => {
    const url = URL.parse(value);
    if (!url || !/^https?:$/.test(url.protocol) || url.search || url.hash || value.includes('#') || value.includes('?'))
      throw new Error(`should be an http or https URL like ${example}, not ${quoted(value)}`);
    if (url.username || url.password) throw new Error('should have no user name or password in it');
    return url.href.replace(/\/+$/, '');
  };
}

const KEY_BYTES = 32;

/** One key, or several separated by commas, newest first. */
export function encryptionKeys(value: string): Buffer[] {
  return value.split(',').map((part) => {
    const key = Buffer.from(part.trim(), 'base64url');
    if (!/^[A-Za-z0-9_-]+=?$/.test(part.trim()) || key.length !== KEY_BYTES)
      throw new Error(`should be ${KEY_BYTES} bytes in base64url (or several such keys, newest first, with commas)`);
    return key;
  });
}

/** What was given, short enough to print, and without the password that a URL may have in it. */
function quoted(value: string): string {
  const shown = value.replace(/\/\/[^/]*@/, '//***@');
  return JSON.stringify(shown.length > 60 ? `${shown.slice(0, 60)}…` : shown);
}
