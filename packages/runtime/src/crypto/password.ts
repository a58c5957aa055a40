import { trimEnd } from '../std/index.ts';
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify(argon2);
const parameters = { memory: 65_536, passes: 3, parallelism: 2 } as const;
const keyBytes = 32;
/** Half of the threads Node has for such work; the others read files, resolve names and open database connections. */
const maxConcurrent = 2;

let running = 0;
const waiting: (() => void)[] = [];

/** Runs few at a time, so that a burst of logins exhausts neither threads nor memory (64 MiB each). */
async function bounded<T>(work: () => Promise<T>): Promise<T> {
  if (running >= maxConcurrent) {
    await new Promise<void>((resolve) => waiting.push(resolve));
  } else {
    running += 1;
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

interface Cost {
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

function hashWith(password: string, salt: Buffer, length: number, cost: Cost): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFC'), 'utf8');
  return bounded(() =>
    derive('argon2id', { message, nonce: salt, tagLength: length, ...cost }),
  ).finally(() => message.fill(0));
}

const unpadded = (bytes: Buffer): string => trimEnd(bytes.toString('base64'), '=');

/**
 * Argon2id hash (64 MiB, 3 passes, 2 lanes) as a PHC string.
 * See docs/reference/identity-and-policy.md#passwords.
 */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await hashWith(password, salt, keyBytes, parameters);
  const { memory, passes, parallelism } = parameters;
  return `$argon2id$v=19$m=${memory},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(key)}`;
}

const phc = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

export interface PasswordCheck {
  readonly matches: boolean;
  /** The stored hash is weaker than today's setting and should be replaced. */
  readonly needsRehash: boolean;
}

/** Compares a password with a stored PHC string in constant time. A string of another form never matches. */
export async function verifyPassword(password: string, stored: string): Promise<PasswordCheck> {
  const [, memory, passes, parallelism, salt, key] = phc.exec(stored) ?? [];
  if (salt === undefined || key === undefined) return { matches: false, needsRehash: false };
  const cost = { memory: Number(memory), passes: Number(passes), parallelism: Number(parallelism) };
  const expected = Buffer.from(key, 'base64');
  const actual = await hashWith(password, Buffer.from(salt, 'base64'), expected.length, cost);
  return {
    matches: timingSafeEqual(actual, expected),
    needsRehash: cost.memory < parameters.memory || cost.passes < parameters.passes,
  };
}

let dummyHash: Promise<string> | undefined;

/** Costs as much as a real check and never matches; answers an unknown handle in the time of a wrong password. */
export async function verifyNobody(password: string): Promise<void> {
  dummyHash ??= hashPassword(randomBytes(16).toString('hex'));
  await verifyPassword(password, await dummyHash);
}
