import { z } from 'zod';
import { parseDurationMs } from '../std/index.ts';
import { Secret } from './secret.ts';

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** `:PORT`, `HOST:PORT`, `[V6]:PORT` or a bare port; undefined when it is none of these. Without a host: every address. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const match = /^(?:(?<host>\[[^\]]+\]|[^:]*):)?(?<port>\d{1,5})$/.exec(text);
  const port = Number(match?.groups?.['port']);
  if (match === null || port > 65_535) return undefined;
  const host = match.groups?.['host'] ?? '';
  return { host: host === '' ? '0.0.0.0' : host.replace(/^\[|\]$/g, ''), port };
}

function parsed<T>(parse: (text: string) => T | undefined, expected: string): z.ZodType<T, string> {
  return z.string().transform((text, context) => {
    const value = parse(text);
    if (value !== undefined) return value;
    context.issues.push({ code: 'custom', message: `must be ${expected}`, input: text });
    return z.NEVER;
  });
}

/** A duration variable, in ms once parsed. */
export const durationField = (): z.ZodType<number, string> =>
  parsed(
    (text) => parseDurationMs(text, { bareUnit: 's' }),
    'a duration such as 90s, 15m or 168h, or whole seconds',
  );

/** A listen address variable. */
export const listenField = (): z.ZodType<ListenAddress, string> =>
  parsed(parseListenAddress, 'a listen address such as :8080, 127.0.0.1:8080 or 8080');

/** A whole number variable within a range. */
export const integerField = (min: number, max: number): z.ZodType<number, string> =>
  parsed((text) => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= min && value <= max ? value : undefined;
  }, `a whole number from ${min} to ${max}`);

/** A switch: true, false, 1 or 0. */
export const booleanField = (): z.ZodType<boolean, string> =>
  parsed((text) => {
    if (['true', '1'].includes(text)) return true;
    return ['false', '0'].includes(text) ? false : undefined;
  }, 'true or false');

/** A secret of at least `minBytes` bytes of UTF-8, wrapped so that it cannot be printed. */
export const secretField = (minBytes = 1): z.ZodType<Secret, string> =>
  parsed(
    (text) => (Buffer.byteLength(text) >= minBytes ? new Secret(text) : undefined),
    `a secret of at least ${minBytes} bytes`,
  );
