/** What a command says of a record: what is to be there, and what no more. The rest stays as it is. */

/** The fields that a record can be without. */
type Droppable<T> = { [K in keyof T]-?: object extends Pick<T, K> ? K : never }[keyof T];

export interface Changes<T> {
  said: Partial<T>;
  dropped: readonly Droppable<T>[];
}

export function applied<T extends object>(record: T, { said, dropped }: Changes<T>): T {
  const changed = { ...record, ...said };
  for (const field of dropped) delete changed[field];
  return changed;
}

/** Of two that speak of different fields. */
export function together<T>(one: Changes<T>, other: Changes<T>): Changes<T> {
  return { said: { ...one.said, ...other.said }, dropped: [...one.dropped, ...other.dropped] };
}

export function saysNothing<T extends object>({ said, dropped }: Changes<T>): boolean {
  return Object.keys(said).length === 0 && dropped.length === 0;
}

type Said<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without what is `undefined`: that was not said. */
export function onlySaid<T extends object>(fields: T): Said<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Said<T>;
}
