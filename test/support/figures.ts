/** What `/metrics` says, as Prometheus reads it. */

/** Each sample by its name and labels, as they are written. */
export type Said = ReadonlyMap<string, number>;

/** @throws Error for a line that is neither a sample, a comment nor empty, and for a sample that is there twice. */
export function readFigures(text: string): Said {
  const said = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP|TYPE) \w+ \S/.test(line)) continue;
    const sample = /^(?<name>[a-z_][a-z0-9_]*(?:\{(?:[a-z_]+="[^"\\\n]*",?)*\})?) (?<value>[-+\d.e]+|Nan|\+Inf)$/i.exec(
      line,
    )?.groups;
    if (!sample) throw new Error(`not a sample: ${line}`);
    if (said.has(sample.name ?? '')) throw new Error(`said twice: ${sample.name}`);
    said.set(sample.name ?? '', Number(sample.value));
  }
  return said;
}

/** Those of one name, by their labels: `{service="gateway"}` → 1. */
export function samplesOf(said: Said, name: string): Record<string, number> {
  return Object.fromEntries(
    [...said].filter(([key]) => key.split('{')[0] === name).map(([key, value]) => [key.slice(name.length), value]),
  );
}
