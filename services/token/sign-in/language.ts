/** Which language a page is in. */
import { LANGUAGES, type Language } from './messages.ts';

export interface Wishes {
  /** `ui_locales` of the client, the most wanted first. */
  uiLocales?: readonly string[];
  /** The language that the person chose. */
  locale?: string | undefined;
  acceptLanguage?: string | undefined;
}

/**
 * The first wish that can be met: what the client asks for, what the person chose, what the browser says; else English.
 * Somebody's `de-AT` is met by `de` (RFC 4647 §3.4, lookup).
 */
export function chooseLanguage({ uiLocales = [], locale, acceptLanguage = '' }: Wishes): Language {
  const wishes = [...uiLocales, ...(locale === undefined ? [] : [locale]), ...byPreference(acceptLanguage)];
  for (const wish of wishes) {
    const [primary = ''] = wish.toLowerCase().split(/[-_]/);
    const met = LANGUAGES.find((language) => language === primary);
    if (met) return met;
  }
  return 'en';
}

/** The languages of `Accept-Language` without those that are not acceptable. @see RFC 9110 §12.5.4 */
function byPreference(acceptLanguage: string): string[] {
  return acceptLanguage
    .split(',')
    .map((part) => {
      const [range = '', ...parameters] = part.split(';').map((piece) => piece.trim());
      const weight = parameters.find((parameter) => /^q=/i.test(parameter))?.slice(2);
      return { range, weight: weight === undefined ? 1 : Number(weight) };
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
    .map(({ range }) => range);
}
