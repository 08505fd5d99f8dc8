/** What is not xAPI: what there is to know of each resource, and the token service's paths. */
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { callerAddress, type AddressOf } from '../shared/caller-address.ts';
import { note, notedOf } from '../shared/observing/call.ts';
import { ORGANIZATION_ID } from '../shared/organization.ts';
import { Refusal } from '../shared/refusal.ts';
import { refuse } from './refuse.ts';
import { passOn, type PassOnOptions } from './pass-on.ts';

/** Compared with the path as it came; what is not here is 404. */
const TOKEN_SERVICE_PATHS = [
  /^\/oauth2\/[a-z]+(_[a-z]+)?$/,
  /^\/oauth2\/authorize\/[\w-]{0,64}$/,
  /^\/oauth2\/register\/[A-Za-z0-9._~-]{1,128}$/,
  /^\/oauth2\/logout\/(confirm|success)$/,
  /^\/sign-in\/[\w-]{1,64}(\/(login|consent|deny|elsewhere|withdraw))?$/,
  /^\/sign-in\/device\/[\w-]{1,64}$/,
  /^\/sign-in\/callback\/[a-z0-9-]{1,32}$/,
  new RegExp(`^/api/organizations/${ORGANIZATION_ID.source.slice(1, -1)}/oauth2/token$`),
  /^\/(api\/oauth2\/token|oauth\/access_token)$/,
  /^\/api\/user\/v1\/me$/,
  /^(\/xapi)?\/auth\/tokens$/,
  /^\/xapi\/OAuth\/(initiate|authorize|token)$/,
  /^\/cmi5\/(launches(\/[\w-]{43})?|fetch\/[\w-]{43})$/,
  /^\/\.well-known\/(oauth-authorization-server|openid-configuration)$/,
];

/** What calls that are passed on to the token service are counted as. */
const TOKEN_SERVICE = 'token-service';

export interface ElsewhereOptions {
  metadata: RequestHandler;
  /** Absent where the token service is reached another way. */
  tokenService: Omit<PassOnOptions, 'onError' | 'addressOf'> | undefined;
  addressOf: AddressOf;
}

export function createElsewhere({ metadata, tokenService, addressOf }: ElsewhereOptions): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag');
  app.enable('strict routing').enable('case sensitive routing');

  app.use(metadata);
  app.use((req, _res, next) => {
    const path = req.originalUrl.split('?')[0] ?? '';
    if (!TOKEN_SERVICE_PATHS.some((pattern) => pattern.test(path)))
      throw new Refusal(
        'not_found',
        'there is nothing at this path; the LRS is at /xapi/, tokens are at /oauth2/token',
      );
    note(req, { resource: TOKEN_SERVICE, isSilent: true });
    if (!tokenService)
      throw new Refusal('temporarily_unavailable', 'this gateway was not told where tokens are issued');
    next();
  });
  if (tokenService)
    app.use(
      ...passOn({
        ...tokenService,
        addressOf,
        onError: (cause, req, res) => {
          const refusal = new Refusal('bad_gateway', 'the token service cannot be reached; try again', { cause });
          refuse(refusal, { method: req.method, address: callerAddress(req), resource: TOKEN_SERVICE }, { req, res });
        },
      }),
    );
  app.use(refusing(addressOf));
  return app;
}

function refusing(addressOf: AddressOf): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    refuse(error, { method: req.method, address: addressOf(req), resource: notedOf(req)?.resource }, { req, res });
  };
}
