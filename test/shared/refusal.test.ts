import { Refusal, STATUS_OF, type RefusalCode } from '../../services/shared/refusal.ts';

describe('a refusal', () => {
  /** RFC 6750 §3.1, RFC 9449 §7.1, RFC 6749 §4.1.2.1, RFC 9110 §15. */
  it.each<[RefusalCode, number]>([
    ['invalid_request', 400],
    ['invalid_token', 401],
    ['invalid_dpop_proof', 401],
    ['use_dpop_nonce', 401],
    ['unauthenticated', 401],
    ['insufficient_scope', 403],
    ['access_denied', 403],
    ['not_found', 404],
    ['method_not_allowed', 405],
    ['request_timeout', 408],
    ['payload_too_large', 413],
    ['unsupported_media_type', 415],
    ['too_many_requests', 429],
    ['header_too_large', 431],
    ['server_error', 500],
    ['bad_gateway', 502],
    ['temporarily_unavailable', 503],
    ['gateway_timeout', 504],
  ])('%s is %i', (code, status) => {
    expect(new Refusal(code, 'because').status).toBe(status);
  });

  it('has a status for every code there is', () => {
    expect(Object.keys(STATUS_OF)).toHaveLength(18);
  });

  it('keeps what the caller is told apart from what only the log is told', () => {
    const cause = new Error('private');
    const refusal = new Refusal('insufficient_scope', 'public', { scope: ['state'], allow: ['GET'], cause });
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).toMatchObject({ name: 'Refusal', message: 'public', scope: ['state'], allow: ['GET'], cause });
    expect(refusal.message).not.toContain('private');
  });
});
