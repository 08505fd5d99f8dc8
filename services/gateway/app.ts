/** The gateway: every call to an LRS goes through this pipeline. */
import type { AddressOf } from '../shared/caller-address.ts';
import type { HttpAnswer, HttpRequest } from '../shared/front/message.ts';
import { note } from '../shared/observing/call.ts';
import type { AtFront } from '../shared/serve.ts';
import { isKnown } from '../shared/soon.ts';
import { methodsOf } from '../shared/xapi/decide.ts';
import { alternateOrSame } from './alternate-request.ts';
import { answer } from './answer.ts';
import { authorize } from './authorize.ts';
import type { Ask, Call } from './call.ts';
import { allowOrigin, answerPreflight, holdToOrigins, varyingByOrigin } from './cors.ts';
import { departureOf } from './departure.ts';
import type { Identify } from '../caller/identify.ts';
import type { MoreLinks } from './more-link.ts';
import { openPage } from './open-page.ts';
import { isLrsTarget, isLxHiveTarget, isOAuth1Target, operationOf, placeOf, XAPI_PREFIX } from './operation.ts';
import type { LrsOf } from './organizations.ts';
import { brokeOff, refuse, type Exchange } from './refuse.ts';
import { metadataUrl } from './resource-metadata.ts';
import { sanitize } from './sanitize.ts';
import { apartFromSignature } from './signed-request.ts';

export interface GatewayOptions {
  issuer: string;
  identify: Identify;
  addressOf: AddressOf;
  lrsOf: LrsOf;
  links: MoreLinks;
  /** Every rule, and the LRS behind them. */
  carryOut: Ask;
  maxInspectedBytes: number;
  /** Whether calls may be signed by OAuth 1. */
  oauth1: boolean;
}

export function createGateway(options: GatewayOptions): AtFront {
  const { issuer, identify, addressOf, lrsOf, links, carryOut, maxInspectedBytes, oauth1 } = options;

  const audience = `${issuer}/xapi`;
  const atXapi = { realm: 'xapi', metadata: metadataUrl(issuer, '/xapi'), oauth1 };
  const protectedAt = (prefix: string) =>
    prefix === XAPI_PREFIX ? atXapi : { ...atXapi, metadata: metadataUrl(issuer, prefix.slice(0, -1)) };

  async function pass(req: HttpRequest, res: HttpAnswer): Promise<void> {
    const version = req.headers['x-experience-api-version'] as string;
    const exchange: Exchange = note(req, { method: req.method, version, address: addressOf(req) });
    const departure = departureOf(res);
    try {
      allowOrigin(req, res);
      const sanitized = sanitize(req, res);
      const place = placeOf(sanitized.path);
      exchange.resource = place.resource;
      exchange.protected = protectedAt(place.prefix);
      const alternate = alternateOrSame(sanitized, maxInspectedBytes);
      const plain = isKnown(alternate) ? alternate : await alternate;
      const request = oauth1 ? await apartFromSignature(plain, maxInspectedBytes) : plain;
      exchange.method = request.method;
      exchange.version = request.version;
      const operation = operationOf(request, place.resource);
      if (operation.access === 'preflight') return answerPreflight(res, methodsOf(place.resource));
      const identified = identify(request.authorization, request.called, exchange.address);
      const caller = (exchange.caller = isKnown(identified) ? identified : await identified);
      holdToOrigins(req, res, caller?.client);
      const found = lrsOf(place, caller);
      const lrs = isKnown(found) ? found : await found;
      const duties = authorize(caller, operation, lrs, audience);
      const scopes = caller?.scopes ?? [];
      const { prefix } = place;
      const call: Call = {
        ...request,
        operation,
        page: undefined,
        caller,
        lrs,
        scopes,
        prefix,
        duties,
        departure,
      };
      const answered = await carryOut(openPage(call, links));
      const told = answer(
        res,
        { ...answered, headers: varyingByOrigin(res, answered.headers) },
        req.method ?? '',
        request.method,
      );
      if (!isKnown(told)) await told;
    } catch (error) {
      if (departure.hasGone) brokeOff(error, exchange);
      else refuse(error, exchange, { req, res });
    }
  }

  return {
    takes: (target) => isLrsTarget(target) && !(oauth1 && isOAuth1Target(target)) && !isLxHiveTarget(target),
    handler: (req, res) => void pass(req, res),
  };
}
