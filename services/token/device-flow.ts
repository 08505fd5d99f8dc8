/** A person's way from the device's code to the library's flow, and what it ends with. @see RFC 8628 §3.3 */
import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { DEVICE_SECONDS } from './device-codes.ts';
import type { WaitingDevice } from './devices.ts';
import { ANOTHER, DEVICE_PROMPT } from './prompts.ts';
import { ROUTES } from './routes.ts';

/** What is needed of the library. */
interface Library {
  Interaction: new (uid: string, stop: object) => { save(ttlSeconds: number): Promise<unknown> };
  cookieName(name: 'resume'): string;
  createContext(
    req: IncomingMessage,
    res: ServerResponse,
  ): { cookies: { set(name: string, value: string, options: object): void } };
}

export interface DeviceVisit {
  req: IncomingMessage;
  res: ServerResponse;
  /** Whether somebody else than who is signed in lets it in. */
  isAnother: boolean;
}

/**
 * Begins the flow where it goes on after a stop, in this browser: the library's own beginning is a form of its own.
 *
 * @param cookies the options of a cookie that lives on one path.
 */
export async function beginDeviceFlow(
  library: Library,
  { issuer, cookies }: { issuer: string; cookies: object },
  { device, params }: WaitingDevice,
  { req, res, isAnother }: DeviceVisit,
): Promise<void> {
  const uid = randomBytes(16).toString('base64url');
  const path = `${ROUTES.code_verification}/${uid}`;
  const returnTo = new URL(path, issuer).href;
  const prompt = { name: DEVICE_PROMPT, reasons: isAnother ? [ANOTHER] : [], details: {} };
  await new library.Interaction(uid, { returnTo, prompt, params, deviceCode: device, cid: uid }).save(DEVICE_SECONDS);
  library.createContext(req, res).cookies.set(library.cookieName('resume'), uid, {
    ...cookies,
    path,
    maxAge: DEVICE_SECONDS * 1000,
  });
  res.writeHead(303, { Location: path, 'Content-Length': '0' }).end();
}

/** How it ended, as the page of that name says it. */
export type DeviceOutcome = 'allowed' | 'denied' | 'expired' | 'used' | 'failed';

const OUTCOMES: Readonly<Record<string, DeviceOutcome>> = {
  AbortedError: 'denied',
  AlreadyUsedError: 'used',
  ExpiredError: 'expired',
  NotFoundError: 'expired',
  SessionNotFound: 'expired',
};

interface EndingContext {
  readonly oidc: {
    readonly session?: { touched: boolean } | undefined;
    readonly provider: { emit(event: string, ...said: unknown[]): void };
  };
  status: number;
  redirect(url: string): void;
}

type EndingError = Error & { expose?: boolean; statusCode?: number };

/** The library's feature. Its pages are ours, at the address of the outcome: to load one again does nothing again. */
export function deviceFeature() {
  function end(ctx: EndingContext, outcome: DeviceOutcome): void {
    ctx.status = 303;
    ctx.redirect(`${ROUTES.code_verification}?outcome=${outcome}`);
  }
  return {
    enabled: true,
    charset: 'base-20' as const,
    mask: '****-****',
    /* Nothing of it is shown to anybody. */
    deviceInfo: () => ({}),
    successSource: (ctx: EndingContext) => end(ctx, 'allowed'),
    userCodeInputSource: (ctx: EndingContext, _form: string, _out?: unknown, error?: EndingError) => {
      /* Of a form that is not shown the library would keep something in a session that there may not be. */
      if (ctx.oidc.session) ctx.oidc.session.touched = false;
      if (error && !error.expose) return;
      /* The library tells of no refusal that it has a page for. */
      if (error?.statusCode === 200) ctx.oidc.provider.emit('device_resume.error', ctx, error.cause ?? error);
      end(ctx, OUTCOMES[error?.name ?? ''] ?? 'failed');
    },
    userCodeConfirmSource: () => {
      throw new Error('codes are confirmed on our own page');
    },
  };
}
