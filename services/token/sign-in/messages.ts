/** What the pages say, in each language: one file of `messages/` each, all with the same keys. */
import { readFileSync } from 'node:fs';
import { fill, type Content, type Html } from './html.ts';
import type english from './messages/en.json';

export const LANGUAGES = ['en', 'de', 'es', 'fr'] as const;
export type Language = (typeof LANGUAGES)[number];

export type MessageKey = keyof typeof english;
type Messages = Record<MessageKey, string>;

export interface Words {
  readonly language: Language;
  /** @param values what stands for each `{name}` of the message; text is escaped. */
  readonly say: (key: MessageKey, values?: Readonly<Record<string, Content>>) => Html;
  /** What a client that is granted it may do, in a person's words. */
  readonly sayScope: (scope: string) => Html;
  /** What it may know of the person; absent where it is no scope of OpenID Connect. */
  readonly sayIdentity: (scope: string) => Html;
  /** A day, wherever the server stands. */
  readonly sayDate: (unixSeconds: number) => string;
  /** A length of time, in whole minutes where it is longer than one. */
  readonly sayTime: (seconds: number) => string;
}

const MESSAGES = Object.fromEntries(LANGUAGES.map((language) => [language, load(language)])) as Record<
  Language,
  Messages
>;

export function wordsIn(language: Language): Words {
  const messages = MESSAGES[language];
  const isMessage = (key: string): key is MessageKey => Object.hasOwn(messages, key);
  const say: Words['say'] = (key, values = {}) => fill(messages[key], values);
  return {
    language,
    say,
    sayScope: (scope) => {
      const key = `scope.${scope}`;
      return isMessage(key) ? say(key) : say('scope.other', { scope });
    },
    sayIdentity: (scope) => {
      const key = `identity.${scope}`;
      return isMessage(key) ? say(key) : say('scope.other', { scope });
    },
    sayDate: (unixSeconds) =>
      new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' }).format(unixSeconds * 1000),
    sayTime: (seconds) => {
      const [amount, unit] = seconds < 60 ? [seconds, 'second'] : [Math.ceil(seconds / 60), 'minute'];
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
    },
  };
}

function load(language: Language): Messages {
  return JSON.parse(readFileSync(new URL(`messages/${language}.json`, import.meta.url), 'utf8')) as Messages;
}
