import { describe, expect, it } from 'vitest';
import { type JoinToken, readJoinToken, writeJoinToken } from './join-token.ts';

const now = new Date('2026-12-01T00:00:00Z');
const token: JoinToken = {
  version: 1,
  url: 'https://192.0.2.7:8444',
  fingerprint: 'AB:'.repeat(32).slice(0, -1),
  secret: 's'.repeat(43),
  expires: '2026-12-01T01:00:00.000Z',
};

describe('a join token', () => {
  it('is one word that comes back whole, with spaces around it too', () => {
    expect(writeJoinToken(token)).toMatch(/^[\w-]+$/);
    expect(readJoinToken(` ${writeJoinToken(token)}\n`, now)).toEqual(token);
    const { fingerprint: _none, ...bare } = token;
    expect(readJoinToken(writeJoinToken(bare), now)).toEqual(bare);
  });

  it('is refused when it has expired, and says when', () => {
    expect(() => readJoinToken(writeJoinToken(token), new Date(token.expires))).toThrow(
      'expired at 2026-12-01T01:00:00.000Z (here it is 2026-12-01T01:00:00.000Z)',
    );
  });

  it('that is cut, longer, of another version or hostile is none', () => {
    const text = writeJoinToken(token);
    const forged = (fields: object): string =>
      Buffer.from(JSON.stringify({ ...token, ...fields })).toString('base64url');
    for (const wrong of [
      '',
      text.slice(0, -8),
      'x'.repeat(100_000),
      forged({ version: 2 }),
      forged({ url: 'http://192.0.2.7:8444' }),
      forged({ url: 'file:///etc/passwd' }),
      forged({ fingerprint: 'AB' }),
      forged({ secret: '' }),
      forged({ expires: 'never' }),
    ]) {
      expect(() => readJoinToken(wrong, now), wrong.slice(0, 40)).toThrow('no whole join token');
    }
  });
});
