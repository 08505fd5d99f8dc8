/** The rules, in the order in which they see a call. Each discharges the duties it names; see duties.ts. */
import type { Rule } from '../call.ts';
import { createIsolateState } from './isolate-state.ts';
import { createNarrowRead } from './narrow-read.ts';
import { createRestrictParameters } from './restrict-parameters.ts';
import { createWriteStatements } from './write-statements.ts';

export interface RuleOptions {
  /** Of a body, or a single statement, that a rule looks inside. */
  maxInspectedBytes: number;
}

export function createRules({ maxInspectedBytes }: RuleOptions): readonly Rule[] {
  return [
    createRestrictParameters(),
    createIsolateState(maxInspectedBytes),
    createWriteStatements({ maxInspectedBytes }),
    createNarrowRead({ maxInspectedBytes }),
  ];
}
