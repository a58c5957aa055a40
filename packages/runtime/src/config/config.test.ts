import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseDurationMs } from '../std/index.ts';
import { ConfigError, parseEnv } from './env.ts';
import {
  booleanField,
  durationField,
  integerField,
  listenField,
  parseListenAddress,
  secretField,
} from './fields.ts';
import { Secret } from './secret.ts';

describe('parseEnv', () => {
  const schema = z.object({
    PORT: listenField(),
    KEY: secretField(8),
    WAIT: durationField().default(5000),
    COUNT: integerField(1, 10).optional(),
    ON: booleanField().default(true),
  });

  it('reads known variables, treats an empty one as unset and applies defaults', () => {
    const config = parseEnv(schema, { PORT: ':80', KEY: '12345678', COUNT: '', OTHER: 'x' });
    expect(config).toMatchObject({ PORT: { host: '0.0.0.0', port: 80 }, WAIT: 5000, ON: true });
    expect(config.KEY.reveal()).toBe('12345678');
    expect(config).not.toHaveProperty('OTHER');
  });

  it('names every fault at once and never a value', () => {
    const attempt = (): unknown =>
      parseEnv(schema, { KEY: 'hunter2', COUNT: '11', ON: 'maybe', WAIT: 'x' });
    expect(attempt).toThrow(ConfigError);
    expect(attempt).toThrow(/PORT is required/);
    expect(attempt).toThrow(/KEY: must be a secret of at least 8 bytes/);
    expect(attempt).toThrow(/COUNT: must be a whole number from 1 to 10/);
    expect(attempt).toThrow(/ON: must be true or false/);
    expect(attempt).toThrow(/WAIT: must be a duration/);
    expect(attempt).not.toThrow(/hunter2/);
  });
});

describe('fields', () => {
  it.each([
    ['15m', 900_000],
    ['168h', 604_800_000],
    ['1m30s', 90_000],
    ['1500ms', 1500],
    ['42', 42_000],
    ['', undefined],
    ['5 m', undefined],
    ['-1s', undefined],
  ])('reads the duration %j as %j', (text, expected) => {
    expect(parseDurationMs(text, { bareUnit: 's' })).toBe(expected);
  });

  it.each([
    [':8080', { host: '0.0.0.0', port: 8080 }],
    ['127.0.0.1:1', { host: '127.0.0.1', port: 1 }],
    ['[::1]:9', { host: '::1', port: 9 }],
    ['9', { host: '0.0.0.0', port: 9 }],
    ['65536', undefined],
    ['a:b', undefined],
  ])('reads the listen address %j', (text, expected) => {
    expect(parseListenAddress(text)).toEqual(expected);
  });

  it('reads switches in both spellings', () => {
    expect(['true', '1', 'false', '0'].map((text) => booleanField().parse(text))).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });
});

describe('a secret', () => {
  it('cannot be printed by accident (REQ-STANDS-0110)', () => {
    const secret = new Secret('canary');
    const shown = [
      String(secret),
      ['', secret].join(''),
      JSON.stringify({ secret }),
      inspect(secret),
      inspect({ a: [secret] }),
    ];
    expect(shown.join(' ')).not.toContain('canary');
    expect(secret.reveal()).toBe('canary');
  });
});
