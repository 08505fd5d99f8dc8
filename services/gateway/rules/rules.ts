/** The rules, in the order in which they see a call. Each discharges the duties it names; see duties.ts. */
import type { Rule } from '../call.ts';

export interface RuleOptions {
  /** Of a body, or a single statement, that a rule looks inside. */
  maxInspectedBytes: number;
}

export function createRules(_options: RuleOptions): readonly Rule[] {
  return [];
}
