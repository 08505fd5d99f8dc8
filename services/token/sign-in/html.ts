/** Markup, kept apart from text: a string that was not written here as a template is escaped wherever it is put. */

const MARKUP = Symbol('markup');

export interface Html {
  readonly [MARKUP]: string;
}

export type Content = Html | string | number | undefined | readonly Html[];

/** Text and attribute values (which have to stand in double quotes) are escaped; `undefined` is nothing. */
export function html(strings: TemplateStringsArray, ...values: Content[]): Html {
  let markup = strings[0] ?? '';
  values.forEach((value, index) => {
    markup += toMarkup(value) + (strings[index + 1] ?? '');
  });
  return { [MARKUP]: markup };
}

/** Markup as it stands: only for what nobody but us wrote. */
export function verbatim(markup: string): Html {
  return { [MARKUP]: markup };
}

/** What is sent. */
export function markupOf(content: Html): string {
  return content[MARKUP];
}

/** Text, with each `{name}` replaced by what is called so. */
export function fill(text: string, values: Readonly<Record<string, Content>>): Html {
  const markup = text
    .split(/(\{[a-z]+\})/)
    .map((part) => {
      const name = /^\{([a-z]+)\}$/.exec(part)?.[1];
      return name !== undefined && Object.hasOwn(values, name) ? toMarkup(values[name]) : escape(part);
    })
    .join('');
  return { [MARKUP]: markup };
}

function toMarkup(value: Content): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escape(String(value));
  return MARKUP in value ? value[MARKUP] : value.map(markupOf).join('');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}
