/**
 * The Agents and the Activities Resource: what the LRS knows of one.
 *
 * @see xAPI 1.0.3 Part 3 §2.4, §2.5
 */
import { Router, type RequestHandler, type Response } from 'express';
import { entityTagOf } from './concurrency.ts';
import type { Knowledge } from './knowledge.ts';
import { methodNotAllowed } from './method-not-allowed.ts';
import * as read from './parameters.ts';

export function agentsAndActivities(knowledge: Knowledge): Router {
  const person: RequestHandler = (req, res) => {
    const { agent } = read.readParameters(read.queryOf(req), { agent: read.agent }, ['agent']);
    send(res, knowledge.person(agent));
  };

  const activity: RequestHandler = (req, res) => {
    const { activityId } = read.readParameters(read.queryOf(req), { activityId: read.iri }, ['activityId']);
    send(res, knowledge.activity(activityId));
  };

  const router = Router({ caseSensitive: true, strict: true });
  router.route('/agents').get(person).all(methodNotAllowed('GET', 'HEAD'));
  router.route('/activities').get(activity).all(methodNotAllowed('GET', 'HEAD'));
  return router;
}

/** Both have Concurrency controls (§3.1), so: "An LRS responding to a GET request MUST add an ETag HTTP header". */
function send(res: Response, body: unknown): void {
  res.set('ETag', entityTagOf(JSON.stringify(body))).json(body);
}
