import { createLog, LOG_LEVELS, type LogLevel } from '../../services/shared/log.ts';

const SECRET = 'a-secret-that-nobody-may-read';

function logTo(level: LogLevel = 'info') {
  const lines: string[] = [];
  const log = createLog('token', level, { write: (line: string) => void lines.push(line) });
  return { log, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  it('writes a line of JSON with time, service, level and message', () => {
    const { log, lines, last } = logTo();
    log.info({ client: 'acme' }, 'token granted');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/\n$/);
    expect(last()).toEqual({
      level: 30,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as unknown,
      service: 'token',
      client: 'acme',
      msg: 'token granted',
    });
  });

  it('writes one line whatever a caller has sent: no line can be forged', () => {
    const { log, lines } = logTo();
    log.info({ client: 'a\n{"level":30,"msg":"token granted"}\r\n\u2028' }, 'refused\nx');
    expect(lines.join('').split('\n')).toHaveLength(2);
  });

  it.each(['authorization', 'cookie', 'client_secret', 'access_token', 'refresh_token', 'token', 'password', 'secret'])(
    'never has the value of a field called %s',
    (field) => {
      const { log, last } = logTo();
      log.info({ [field]: SECRET, client: 'acme' }, 'granted');
      expect(last()).toMatchObject({ [field]: '***', client: 'acme' });
    },
  );

  it('trap, a command in an error: has of an error only name, message, stack and cause, not what ioredis hangs on it', () => {
    const { log, lines, last } = logTo();
    const cause = Object.assign(new Error('READONLY'), {
      name: 'ReplyError',
      command: { name: 'set', args: [SECRET] },
    });
    const error = Object.assign(new Error('the store cannot be reached', { cause }), {
      previousErrors: [SECRET],
      token: SECRET,
    });
    log.error({ err: error }, 'failed');
    expect(lines.join('')).not.toContain(SECRET);
    expect(last()['err']).toEqual({
      name: 'Error',
      message: 'the store cannot be reached',
      stack: expect.any(String) as unknown,
      cause: { name: 'ReplyError', message: 'READONLY', stack: expect.any(String) as unknown },
    });
  });

  it('does the same where the error itself is logged', () => {
    const { log, lines } = logTo();
    log.error(Object.assign(new Error('failed'), { command: { args: [SECRET] } }));
    expect(lines.join('')).toContain('failed');
    expect(lines.join('')).not.toContain(SECRET);
  });

  it('writes nothing below its level', () => {
    const { log, lines } = logTo('warn');
    log.info('quiet');
    log.warn('loud');
    expect(lines).toHaveLength(1);
    const silent = logTo('silent');
    silent.log.fatal('nothing');
    expect(silent.lines).toEqual([]);
  });

  it('has every level that a setting can name', () => {
    for (const level of LOG_LEVELS) expect(() => logTo(level)).not.toThrow();
  });
});
