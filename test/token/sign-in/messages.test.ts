/** What the pages say: everything, in every language, and in the one that a person reads. */
import { readFileSync } from 'node:fs';
import { SCOPES } from '../../../services/shared/scopes.ts';
import { html, fill, markupOf } from '../../../services/token/sign-in/html.ts';
import { chooseLanguage } from '../../../services/token/sign-in/language.ts';
import { LANGUAGES, wordsIn } from '../../../services/token/sign-in/messages.ts';

const messages = Object.fromEntries(
  LANGUAGES.map((language) => {
    const url = new URL(`../../../services/token/sign-in/messages/${language}.json`, import.meta.url);
    return [language, JSON.parse(readFileSync(url, 'utf8')) as Record<string, string>];
  }),
);
const english = messages.en ?? {};
const placeholders = (text = '') => (text.match(/\{[a-z]+\}/g) ?? []).sort();

describe.each(LANGUAGES)('in %s', (language) => {
  const own = messages[language] ?? {};

  it('there are the same messages as in English, with the same places to fill', () => {
    expect(Object.keys(own).sort()).toEqual(Object.keys(english).sort());
    for (const [key, text] of Object.entries(own))
      expect([key, placeholders(text)]).toEqual([key, placeholders(english[key])]);
  });

  it('no message is empty, or has markup of its own', () => {
    for (const [key, text] of Object.entries(own))
      expect([key, text]).toEqual([key, expect.stringMatching(/^[^<>&]{2,}$/)]);
  });

  it.each(SCOPES)('%s is said in words of its own', (scope) => {
    expect(own[`scope.${scope}`]).toMatch(/\w{3}/);
    const same = Object.entries(own).filter(
      ([key, text]) => key.startsWith('scope.') && text === own[`scope.${scope}`],
    );
    expect(same).toHaveLength(1);
    expect(markupOf(wordsIn(language).sayScope(scope))).not.toContain(`${scope}”`);
  });

  it.each(['openid', 'email', 'profile', 'read', 'offline_access'])('%s is said in words of its own', (scope) => {
    expect(own[`identity.${scope}`]).toMatch(/\w{3}/);
  });

  it("an operator's own scope is said by its name", () => {
    expect(markupOf(wordsIn(language).sayScope('ext/reports'))).toContain('ext/reports');
  });

  if (language !== 'en')
    it('nothing was left in English', () => {
      const left = Object.entries(own).filter(([key, text]) => text === english[key]);
      expect(left).toEqual([]);
    });
});

describe('the language of a page', () => {
  it.each<[string, Parameters<typeof chooseLanguage>[0], string]>([
    ['what the client asks for', { uiLocales: ['fr'], locale: 'de', acceptLanguage: 'es' }, 'fr'],
    ['the first that is there of what it asks for', { uiLocales: ['ja', 'es-MX', 'de'] }, 'es'],
    ['what the person chose, where the client asks for nothing', { locale: 'de', acceptLanguage: 'es' }, 'de'],
    ['what the person chose, where the client asks for what is not there', { uiLocales: ['ja'], locale: 'de' }, 'de'],
    ['what the browser says', { acceptLanguage: 'es' }, 'es'],
    ['what the browser says by weight, not by order', { acceptLanguage: 'en;q=0.2, de-AT;q=0.9, fr;q=0.5' }, 'de'],
    ['nothing that the browser refuses', { acceptLanguage: 'de;q=0, fr;q=0.1' }, 'fr'],
    ['a variant, whatever its case', { acceptLanguage: 'DE_ch' }, 'de'],
    ['English for anything else', { acceptLanguage: 'ja, *;q=0.5' }, 'en'],
    ['English where nothing is said', {}, 'en'],
    ['English for nonsense', { acceptLanguage: ';;;,q=,=;q=x', uiLocales: ['', '__proto__', 'constructor'] }, 'en'],
  ])('is %s', (_what, wishes, language) => {
    expect(chooseLanguage(wishes)).toBe(language);
  });
});

describe('text in markup', () => {
  const nasty = `</title><script>alert('1')</script>" onfocus="x&amp;`;
  const escaped = '&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&quot; onfocus=&quot;x&amp;amp;';

  it('is escaped, wherever it comes from', () => {
    expect(markupOf(html`<p title="${nasty}">${nasty}</p>`)).toBe(`<p title="${escaped}">${escaped}</p>`);
    expect(markupOf(fill('{client} & {unknown}', { client: nasty }))).toBe(`${escaped} &amp; {unknown}`);
  });

  it('is put in once: what looks like a place to fill in what was filled in is text', () => {
    expect(markupOf(fill('{client}', { client: '{owner}', owner: 'x' }))).toBe('{owner}');
  });

  it('is no markup because it says so', () => {
    const pretender = JSON.parse('{"markup":"<b>"}') as never;
    expect(() => markupOf(html`${pretender}`)).toThrow();
  });

  it('is left out where there is none, and joined where there are many', () => {
    expect(markupOf(html`<i>${undefined}${[html`<b>${1}</b>`, html`<b>${2}</b>`]}</i>`)).toBe(
      '<i><b>1</b><b>2</b></i>',
    );
  });
});
