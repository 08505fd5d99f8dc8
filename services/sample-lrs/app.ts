/** A Learning Record Store to try things on: small, in memory, and as xAPI 1.0.3 says (2.0 clients may come too). */
import express from 'express';
import { agentsAndActivities } from './agents-and-activities.ts';
import { authorityOf, requireCredential, type Credential } from './authenticate.ts';
import { createClock } from './clock.ts';
import { documentResources } from './documents.ts';
import { createKnowledge } from './knowledge.ts';
import { explainError, LrsError } from './lrs-error.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import { requireVersion, sayVersion, SUPPORTED_VERSIONS } from './negotiate-version.ts';
import { queryOf, readParameters } from './parameters.ts';
import { createStatementStore } from './statement-store.ts';
import { sayConsistentThrough, statementResource } from './statements.ts';

export const SAMPLE_LRS_NOTICE =
  'This is the sample LRS: it keeps statements in memory only, they are gone when it ends. It is not for production.';

export interface SampleLrsOptions {
  credentials: Credential[];
  /**
   * `kept` (the default) trusts whoever sends a statement with its authority, as one does a gateway; `credential` overwrites it.
   *
   * @see xAPI 1.0.3 Part 2 §2.4.9
   */
  authority?: 'kept' | 'credential';
  /** Where the resources are; `/xapi` where it is not said. */
  basePath?: string;
  /** The homePage of the accounts that the LRS makes authorities of. */
  homePage?: string;
  /** How many statements one page may have at most; 100 where it is not said. */
  maxPageSize?: number;
}

export function basePathOf({ basePath = '/xapi' }: SampleLrsOptions): string {
  return basePath.replace(/\/+$/, '');
}

export function createSampleLrs(options: SampleLrsOptions): express.Express {
  const { authority = 'kept', homePage = 'http://sample-lrs.example', maxPageSize = 100 } = options;
  const basePath = basePathOf(options);
  const clock = createClock();
  const knowledge = createKnowledge();
  const store = createStatementStore(clock, knowledge);

  const xapi = express.Router({ caseSensitive: true, strict: true });
  xapi.use('/statements', sayConsistentThrough(clock));
  xapi.route('/about').get(about).all(methodNotAllowed('GET', 'HEAD'));
  xapi.use(requireCredential(options.credentials));
  xapi.use(requireVersion);
  xapi.use(
    statementResource({
      store,
      knowledge,
      basePath,
      maxPageSize,
      authorityFor: (req, submitted) =>
        (authority === 'kept' ? submitted.authority : undefined) ?? authorityOf(req, homePage),
    }),
  );
  xapi.use(documentResources(clock));
  xapi.use(agentsAndActivities(knowledge));

  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.use(sayVersion);
  app.use(basePath || '/', xapi);
  app.use(notFound);
  app.use(explainError);
  return app;
}

/** Open to everyone and every version, so that a client can find out how to speak. */
const about: express.RequestHandler = (req, res) => {
  readParameters(queryOf(req), {});
  res.json({ version: SUPPORTED_VERSIONS });
};

const notFound: express.RequestHandler = (req) => {
  throw new LrsError(404, `the LRS has no resource at ${req.path}`);
};
