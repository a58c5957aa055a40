import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EnvelopeOpener, envelopeKeyId, sealFor } from './sealed-envelope.ts';

const opener = new EnvelopeOpener(Buffer.alloc(32, 1));

describe('an envelope', () => {
  it('is opened by the holder of the key alone, for the record it names', () => {
    const sealed = sealFor(opener.publicKey, 'a secret ☃', 'x/1');
    expect(sealed).not.toContain('secret');
    expect(opener.open(sealed, 'x/1')).toBe('a secret ☃');
    expect(() => opener.open(sealed, 'x/2')).toThrow('changed or belongs elsewhere');
    const other = new EnvelopeOpener(randomBytes(32));
    expect(() => other.open(sealed, 'x/1')).toThrow(
      expect.objectContaining({ code: 'unseal_failed' }),
    );
  });

  it('is another one each time, and its key the same for the same seed', () => {
    expect(sealFor(opener.publicKey, 'a', 'x')).not.toBe(sealFor(opener.publicKey, 'a', 'x'));
    const again = new EnvelopeOpener(Buffer.alloc(32, 1));
    expect(again.publicKey).toBe(opener.publicKey);
    expect(again.open(sealFor(opener.publicKey, 'a', 'x'), 'x')).toBe('a');
    expect(envelopeKeyId(again.publicKey)).toMatch(/^[0-9a-f]{16}$/);
  });

  it('fails closed when a byte was changed', () => {
    const sealed = sealFor(opener.publicKey, 'a secret', 'x');
    for (let at = 0; at < sealed.length; at += 7) {
      const flipped = sealed[at] === 'A' ? 'B' : 'A';
      const changed = sealed.slice(0, at) + flipped + sealed.slice(at + 1);
      if (changed === sealed) continue;
      expect(() => opener.open(changed, 'x')).toThrow(
        expect.objectContaining({ code: 'unseal_failed' }),
      );
    }
    for (const none of ['', '.', 'a', sealed.slice(20)]) {
      expect(() => opener.open(none, 'x')).toThrow(
        expect.objectContaining({ code: 'unseal_failed' }),
      );
    }
  });
});
