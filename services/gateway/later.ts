/**
 * What serves other paths than the LRS's is loaded when one is called: it needs express, http-proxy-middleware and Node's
 * own HTTP client, which are a third of what a gateway would load, and a fifth of its memory.
 */
import type { RequestListener } from 'node:http';
import { refuse } from './refuse.ts';

/** @returns a listener that hands on to what is loaded; a call that cannot be is refused. */
export function later(load: () => Promise<RequestListener>): RequestListener {
  let loaded: RequestListener | undefined;
  let loading: Promise<RequestListener> | undefined;
  return (req, res) => {
    if (loaded) return loaded(req, res);
    loading ??= load();
    loading.then(
      (listener) => (loaded = listener)(req, res),
      (error: unknown) => {
        loading = undefined;
        refuse(error, { method: req.method }, { req, res });
      },
    );
  };
}
