/** A refusal, as a value: the HTTP status and the text that tells the caller what to fix. */
import type { ErrorRequestHandler } from 'express';

export class LrsError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
}

/**
 * The only place that writes an error.
 *
 * @see xAPI 1.0.3 Part 3 §3.2: "An LRS SHOULD return a message in the response explaining the cause of the error."
 */
export const explainError: ErrorRequestHandler = (error, _req, res, _next) => {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const { status, message, headers } = asLrsError(error);
  res.status(status).set(headers).json({ error: message });
};

function asLrsError(error: unknown): LrsError {
  if (error instanceof LrsError) return error;
  if (error instanceof URIError) return new LrsError(400, 'the path is not valid percent-encoding');
  return new LrsError(500, 'the sample LRS failed to handle this request');
}
