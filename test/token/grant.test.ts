/** What a token request is granted, over everything that can be asked, held and named. */
import fc from 'fast-check';
import { covers, SCOPES } from '../../services/shared/scopes.ts';
import { objectionTo, type Restriction } from '../../services/shared/xapi/restriction.ts';
import { readAuthorizationDetails } from '../../services/token/authorization-details.ts';
import { createTargets } from '../../services/token/targets.ts';
import { grantRequest } from '../../services/token/token-request.ts';
import { ISSUER, newClient } from '../support/token-service.ts';

const ALL = [...SCOPES, 'ext/a', 'ext/b'];
const TARGETS = createTargets(ISSUER, [
  { name: 'scim', path: '/scim', upstream: 'http://127.0.0.1:9', methods: { GET: ['scim', 'ext/a'] } },
]);
const DETAILS = '[{"type":"xapi","no-void":true}]';

describe('a grant', () => {
  const scopes = fc.uniqueArray(fc.constantFrom(...ALL), { maxLength: 6 }).map((names) => names.join(' '));
  const request = fc.record({
    scope: scopes,
    resource: fc.constantFrom(undefined, `${ISSUER}/xapi`, `${ISSUER}/scim`),
    authorization_details: fc.constantFrom(undefined, DETAILS),
  });

  it('is within what was asked, what is held, and what means something where it is for; and never nothing', () => {
    fc.assert(
      fc.property(scopes, fc.boolean(), request, (scope, strict, asked) => {
        const granted = grantRequest(newClient({ scope, strict }).client, asked, TARGETS);
        if ('refused' in granted) return;
        expect(granted.scopes.length).toBeGreaterThan(0);
        const resource = asked.authorization_details ? `${ISSUER}/xapi` : asked.resource;
        const target = resource === undefined ? undefined : TARGETS.named(resource, 'default');
        for (const one of granted.scopes) {
          expect(scope.split(' ').some((wide) => covers(wide, one))).toBe(true);
          if (asked.scope) expect(asked.scope.split(' ').some((wide) => covers(wide, one))).toBe(true);
          if (target) expect([one, target.knows(one)]).toEqual([one, true]);
        }
        expect(granted.resource).toBe(asked.resource);
        expect(granted.restrictions).toEqual(asked.authorization_details && [{ 'no-void': true }]);
      }),
      { numRuns: 3000 },
    );
  });

  it('is never refused where a scope is asked that is held and means something there', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ALL), scopes, request, (shared, held, asked) => {
        const { client } = newClient({ scope: `${held} ${shared}` });
        const target = asked.resource ? TARGETS.named(asked.resource, 'default') : undefined;
        fc.pre(!asked.authorization_details && (target?.knows(shared) ?? true));
        const granted = grantRequest(client, { ...asked, scope: `${asked.scope} ${shared}` }, TARGETS);
        expect('refused' in granted ? granted : granted.scopes).toContain(shared);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('authorization_details beside restrictions of the client', () => {
  const ANN = { mbox: 'mailto:ann@example.org' };
  const BEN = { account: { homePage: 'https://example.org', name: 'ben' } };
  const REGISTRATIONS = ['6b3d7c2e-8f0b-4d07-9a62-4a4ee6e0c7a1', '6b3d7c2e-8f0b-4d07-9a62-4a4ee6e0c7a2'];
  const VERBS = ['http://adlnet.gov/expapi/verbs/answered', 'http://adlnet.gov/expapi/verbs/passed'];
  const COURSES = ['https://example.org/a', 'https://example.org/a/1', 'https://example.org/b'];
  const PATTERNS = [...COURSES, 'https://example.org/*', 'https://example.org/a*', 'https://example.org/a/*'];

  /** Every one there is of these few parts. */
  const statements = [ANN, BEN].flatMap((actor) =>
    VERBS.flatMap((verb) =>
      COURSES.flatMap((id) =>
        REGISTRATIONS.map((registration) => ({
          actor,
          verb: { id: verb },
          object: { id },
          context: { registration },
        })),
      ),
    ),
  );
  const restriction = fc
    .record(
      {
        actor: fc.constantFrom(ANN, BEN),
        activity: fc.constantFrom(...PATTERNS),
        registration: fc.constantFrom(...REGISTRATIONS),
        verbs: fc.uniqueArray(fc.constantFrom(...VERBS), { minLength: 1 }),
        'no-void': fc.constant(true as const),
      },
      { requiredKeys: [] },
    )
    .filter((fields) => Object.keys(fields).length > 0);

  it('are refused exactly where no statement at all is within both', () => {
    fc.assert(
      fc.property(fc.array(restriction, { minLength: 1, maxLength: 3 }), restriction, (registered, asked) => {
        const isWithinBoth = statements.some(
          (statement) => objectionTo(statement, [registered, [asked]]) === undefined,
        );
        expect(isGranted(asked, registered)).toBe(isWithinBoth);
      }),
      { numRuns: 1000 },
    );
  });

  function isGranted(asked: Restriction, registered: readonly Restriction[]): boolean {
    try {
      return readAuthorizationDetails(JSON.stringify([{ type: 'xapi', ...asked }]), registered).length === 1;
    } catch {
      return false;
    }
  }
});
