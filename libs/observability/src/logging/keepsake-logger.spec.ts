import type { LogConfig } from '#config';
import { KeepsakeLogger } from './keepsake-logger.js';
import { runInRequestContext } from './request-context.js';

function loggerOf(config: Partial<LogConfig> = {}) {
  const lines: string[] = [];
  const logger = new KeepsakeLogger(
    { level: 'info', format: 'json', slowRequestMs: 1_000, ...config },
    { write: (line: string) => void lines.push(line) },
  );
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

describe('the log', () => {
  it('is one JSON object a line, with level, time and who speaks', () => {
    const { logger, lines, last } = loggerOf();
    logger.log('Hello', 'Greeter');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{.*\}\n$/);
    expect(last()).toMatchObject({ level: 'info', service: 'keepsake', context: 'Greeter', msg: 'Hello' });
    expect(String(last()['time'])).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('keeps the stack of an error, however Nest passes it', () => {
    const { logger, last } = loggerOf();
    const error = new Error('no');
    logger.error('It failed', error.stack, 'Worker');
    expect(last()).toMatchObject({ level: 'error', context: 'Worker', stack: error.stack, msg: 'It failed' });
    logger.error(error, 'Worker');
    expect(last()).toMatchObject({ msg: 'no', err: { message: 'no', stack: error.stack } });
  });

  it('names the request that a line is written for, and none outside of one', async () => {
    const { logger, last } = loggerOf();
    await runInRequestContext({ requestId: 'r-1' }, async () => {
      await Promise.resolve();
      logger.log('inside');
    });
    expect(last()).toMatchObject({ msg: 'inside', requestId: 'r-1' });
    logger.log('outside');
    expect(last()).not.toHaveProperty('requestId');
  });

  it('never holds a secret or content, wherever it turns up', () => {
    const { logger, lines } = loggerOf();
    const secrets = { authorization: 'hunter2', cookie: 'hunter2', token: 'hunter2', password: 'hunter2' };
    const more = { apiKey: 'hunter2', secret: 'hunter2', content: 'hunter2' };
    logger.channel('http').info({ ...secrets, ...more, request: { headers: secrets, body: more } }, 'request');
    logger.warn('odd', { ...secrets, item: more }, 'Odd');
    expect(lines).toHaveLength(2);
    expect(lines.join('')).not.toContain('hunter2');
    expect(lines.join('')).toContain('[redacted]');
  });

  it('writes what its level says, and nothing of how Nest starts', () => {
    const { logger, lines } = loggerOf({ level: 'warn' });
    logger.log('quiet');
    logger.debug('quiet');
    logger.warn('loud');
    logger.fatal('loud');
    logger.error('module', 'InstanceLoader');
    expect(lines).toHaveLength(2);
    const silent = loggerOf({ level: 'silent' });
    silent.logger.fatal('quiet');
    expect(silent.lines).toEqual([]);
  });

  it('can be read by a person at a terminal', () => {
    const { logger, lines } = loggerOf({ format: 'pretty' });
    logger.log('Hello', { count: 2 }, 'Greeter');
    expect(lines).toEqual([expect.stringMatching(/^\S+Z INFO {2}Greeter Hello \{"data":\{"count":2\}\}\n$/)]);
  });
});
