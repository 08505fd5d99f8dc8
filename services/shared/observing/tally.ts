/** Counts of what has one label, in plain numbers. */
import type { Sample } from './figures.ts';

export interface Tally {
  add(value: string): void;
  samples(): Sample[];
}

/** @param label whose values are counted: only such as we have words for. @param labels that all have. */
export function createTally(label: string, labels: Sample['labels'] = {}): Tally {
  const counts = new Map<string, number>();
  return {
    add: (value) => void counts.set(value, (counts.get(value) ?? 0) + 1),
    samples: () => [...counts].map(([value, count]) => ({ labels: { ...labels, [label]: value }, value: count })),
  };
}
