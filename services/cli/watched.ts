/** Registers that tell what is changed in them, whichever command does it. */
import type { AdministrativeChange } from '../store/administration.ts';
import type { Register } from '../store/register.ts';

/** What of a change the register knows; who made it, it does not. */
export type Made = Pick<AdministrativeChange, 'subject' | 'id' | 'outcome' | 'fields' | 'scope' | 'administrator'>;

export interface WatchOptions<T> {
  subject: Made['subject'];
  idOf: (record: T) => string;
  tell: (made: Made) => void;
}

/** Of every change, so it says nothing. */
const UNTOLD = ['updated_at'];

export function watched<T extends object, R extends Register<T>>(
  register: R,
  { subject, idOf, tell }: WatchOptions<T>,
): R {
  return {
    ...register,
    add: async (record: T) => {
      const isAdded = await register.add(record);
      if (isAdded) tell({ subject, id: idOf(record), outcome: 'added', ...scopeOf(undefined, record) });
      return isAdded;
    },
    change: async (id: string, change: (record: T) => T) => {
      let before: T | undefined;
      const after = await register.change(id, (record) => change((before = record)));
      if (before && after)
        tell({ subject, id, outcome: 'changed', fields: fieldsChanged(before, after), ...scopeOf(before, after) });
      return after;
    },
    remove: async (id: string) => {
      const isRemoved = await register.remove(id);
      if (isRemoved) tell({ subject, id, outcome: 'removed' });
      return isRemoved;
    },
  };
}

/** Of what is an object itself, like an organization's LRS, the field in it: `lrs.url`. */
function fieldsChanged(before: object, after: object, prefix = ''): string[] {
  const [old, fresh] = [before, after].map((record) => new Map(Object.entries(record) as [string, unknown][]));
  const names = new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])]);
  return [...names].sort().flatMap((name) => {
    const [was, is] = [old?.get(name), fresh?.get(name)];
    if (UNTOLD.includes(name) || JSON.stringify(was) === JSON.stringify(is)) return [];
    return prefix === '' && isPlain(was) && isPlain(is) ? fieldsChanged(was, is, `${name}.`) : [`${prefix}${name}`];
  });
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function scopeOf(before: { scope?: unknown } | undefined, after: { scope?: unknown }): { scope?: string } {
  const { scope } = after;
  return typeof scope === 'string' && scope !== before?.scope ? { scope } : {};
}
