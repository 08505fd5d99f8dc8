/** Which language a page is in. */
import { LANGUAGES, type Language } from './messages.ts';
import { byPreference } from './preference.ts';

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
