/** What an LMS's form for its OAuth clients has: labels, boxes, a SCIM configuration. */
import { readLabel } from '../shared/administrator.ts';
import { ACCESS_BOXES, readScimConfiguration, withTicks, type AccessBox, type Ticks } from '../shared/client-access.ts';
import { scopesHeld, type Client } from '../shared/client.ts';
import { onlySaid, type Changes } from './changes.ts';
import { UsageError } from './context.ts';
import { notBoth, oneOfThese, readAs, type ValuesOf } from './options.ts';

export const LMS_OPTIONS = {
  label: { type: 'string', multiple: true },
  'no-labels': { type: 'boolean' },
  allow: { type: 'string', multiple: true },
  disallow: { type: 'string', multiple: true },
  'scim-configuration': { type: 'string' },
  'no-scim-configuration': { type: 'boolean' },
} as const;

const OPPOSITES = [
  ['label', 'no-labels'],
  ['scim-configuration', 'no-scim-configuration'],
] as const;

const REMOVALS = [
  ['no-labels', 'labels'],
  ['no-scim-configuration', 'scim_configuration'],
] as const;

/** Its own is ticked with the configuration it is for. */
const BOXES = ACCESS_BOXES.filter((box) => box !== 'scim');

type LmsValues = ValuesOf<typeof LMS_OPTIONS>;

/** @throws UsageError naming the option and what it should be. */
export function readLms(values: LmsValues): Changes<Client> {
  notBoth({ ...values }, OPPOSITES);
  const { label: labels, 'scim-configuration': configuration } = values;
  return {
    said: onlySaid({
      labels: labels && [...new Set(labels.map((text) => readAs('label', text, readLabel)))].sort(),
      scim_configuration:
        configuration === undefined ? undefined : readAs('scim-configuration', configuration, readScimConfiguration),
    }),
    dropped: REMOVALS.flatMap(([option, field]) => (values[option] ? [field] : [])),
  };
}

/** @throws UsageError for a box there is not, or one that is to be both on and off. */
export function readTicks(values: LmsValues): Ticks {
  const allow = boxes('allow', values.allow);
  const disallow = boxes('disallow', values.disallow);
  const both = allow.find((box) => disallow.includes(box));
  if (both !== undefined) throw new UsageError(`--allow ${both} or --disallow ${both}, not both`);
  return {
    allow: values['scim-configuration'] === undefined ? allow : [...allow, 'scim'],
    disallow: values['no-scim-configuration'] ? [...disallow, 'scim'] : disallow,
  };
}

export function ticksNothing({ allow, disallow }: Ticks): boolean {
  return allow.length === 0 && disallow.length === 0;
}

/** @throws UsageError where a box that is to be off would still be on. */
export function ticked(client: Client, ticks: Ticks): Client {
  if (ticksNothing(ticks)) return client;
  try {
    return { ...client, scope: withTicks(scopesHeld(client), ticks).join(' ') };
  } catch (error) {
    throw new UsageError(`--disallow: ${(error as Error).message}`, { cause: error });
  }
}

function boxes(option: string, texts: readonly string[] = []): AccessBox[] {
  return texts.flatMap((text) => oneOfThese(option, text, BOXES) ?? []);
}
