/** What one restriction has against a call for documents, agents or activities; restriction.ts says what each field means. */
import { readJsonText } from '../json-text.ts';
import { isWithinActivity } from './activity-pattern.ts';
import { isSameAgent } from './actor.ts';
import type { Access, Resource } from './permissions.ts';
import { objectionToDocument } from './restricted-documents.ts';
import type { Restriction } from './restriction.ts';

export interface Asked {
  resource: Resource;
  access: Access;
  /** Decoded, each name once. */
  parameters: ReadonlyMap<string, string>;
}

type Tie = 'actor' | 'activity' | 'registration';

const TIES: readonly Tie[] = ['actor', 'activity', 'registration'];

/** The parameter by which a resource names each. Statements have a rule of their own; `about` is public. */
const NAMED_BY: Readonly<Record<Resource, { readonly [name in Tie]?: string }>> = {
  about: {},
  statements: {},
  activities: { activity: 'activityId' },
  'activities/state': { actor: 'agent', activity: 'activityId', registration: 'registration' },
  'activities/profile': { activity: 'activityId' },
  agents: { actor: 'agent' },
  'agents/profile': { actor: 'agent' },
};

const IS_MET: { readonly [name in Tie]: (value: string, restriction: Restriction) => boolean } = {
  actor: (value, { actor }) => isSameAgent(agentIn(value), actor),
  activity: (value, { activity = '' }) => isWithinActivity(value, activity),
  registration: (value, { registration }) => value.toLowerCase() === registration?.toLowerCase(),
};

/** @returns a sentence, or undefined. */
export function objectionToCall(asked: Asked, restriction: Restriction): string | undefined {
  const { resource, parameters } = asked;
  const ties = TIES.filter((tie) => restriction[tie] !== undefined);
  const named = ties.filter((tie) => NAMED_BY[resource][tie] !== undefined);
  if (ties.length > 0 && named.length === 0)
    return `this token is tied to one ${ties.join(' and one ')}, and nothing on ${resource} can be`;
  const objection = named
    .map((tie) => {
      const name = NAMED_BY[resource][tie] ?? '';
      const value = parameters.get(name);
      if (value === undefined) return `this token is tied to one ${tie}: name it with the parameter ${name}`;
      if (!IS_MET[tie](value, restriction))
        return `the parameter ${name} names another ${tie} than this token is tied to`;
      return undefined;
    })
    .find((one) => one !== undefined);
  return objection ?? objectionToDocument(asked, restriction);
}

/** `{"mbox":"mine","mbox":"another's"}` is one agent to the gateway and may be the other to the LRS: it is neither. */
function agentIn(text: string): unknown {
  try {
    return readJsonText(text).root.value;
  } catch {
    return undefined;
  }
}
