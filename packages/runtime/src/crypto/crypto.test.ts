import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { Secret } from '../config/secret.ts';
import { canonicalHash } from './canonical-hash.ts';
import { deriveKey } from './derive-key.ts';
import { signToken, verifyToken } from './jwt.ts';
import { createSigningKey, isSignedBy, readSigningKey } from './key-pair.ts';
import { hashPassword, verifyNobody, verifyPassword } from './password.ts';
import { SealedBox, UnsealError } from './sealed-box.ts';
import { constantTimeEqual, randomToken, sha256 } from './tokens.ts';

const secret = new Secret('k'.repeat(32));
const purpose = { tokenType: 'access', audience: 'gateway', key: deriveKey(secret, 'access') };
const now = new Date('2026-01-01T00:00:00Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const token = {
  subject: 'user-1',
  claims: { sid: 's' },
  issuedAt: now,
  expiresAt: later(900),
  id: 'j',
};

describe('tokens', () => {
  it('verify by issuer, audience, type, expiry with 30 s of skew, and key', async () => {
    const jwt = await signToken(token, purpose);
    expect(await verifyToken(jwt, purpose, now)).toMatchObject({
      sub: 'user-1',
      sid: 's',
      iss: 'cynodeai',
      aud: 'gateway',
    });
    const others = [
      { tokenType: 'node' },
      { audience: 'control-plane' },
      { key: deriveKey(secret, 'node') },
      { key: deriveKey(new Secret('x'.repeat(32)), 'access') },
      { key: Buffer.from(secret.reveal()) },
    ];
    for (const other of others) {
      expect(await verifyToken(jwt, { ...purpose, ...other }, now)).toBeUndefined();
    }
    expect(await verifyToken(jwt, purpose, later(929))).toBeDefined();
    expect(await verifyToken(jwt, purpose, later(931))).toBeUndefined();
    expect(await verifyToken(`${jwt}x`, purpose, now)).toBeUndefined();
  });

  it('refuse every other algorithm', async () => {
    const claims = { token_type: 'access', sub: 'u' };
    const none = new UnsecuredJWT(claims)
      .setIssuer('cynodeai')
      .setAudience('gateway')
      .setIssuedAt()
      .setExpirationTime('1h')
      .encode();
    const other = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS384' })
      .setIssuer('cynodeai')
      .setAudience('gateway')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(purpose.key);
    expect(await verifyToken(none, purpose, new Date())).toBeUndefined();
    expect(await verifyToken(other, purpose, new Date())).toBeUndefined();
  });

  it('have keys that tell nothing of each other or of the secret', () => {
    expect(deriveKey(secret, 'a')).toEqual(deriveKey(secret, 'a'));
    expect(deriveKey(secret, 'a')).not.toEqual(deriveKey(secret, 'b'));
    expect(deriveKey(secret, 'a').toString()).not.toContain('kkkk');
  });

  it('are random, and compare whatever their lengths', () => {
    expect(randomToken()).toMatch(/^[\w-]{43}$/);
    expect(randomToken()).not.toBe(randomToken());
    expect(constantTimeEqual('a', 'a')).toBe(true);
    expect(constantTimeEqual('a', 'ab')).toBe(false);
    expect(sha256('abc').toString('hex')).toMatch(/^ba7816bf/);
  });
});

describe('passwords', () => {
  it('are kept as Argon2id with a salt of their own and compare after normalisation (REQ-IDENTY-0109)', async () => {
    const stored = await hashPassword('päss');
    expect(stored).toMatch(
      /^\$argon2id\$v=19\$m=65536,t=3,p=2\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/,
    );
    expect(await hashPassword('päss')).not.toBe(stored);
    expect(await verifyPassword('pa\u0308ss', stored)).toEqual({
      matches: true,
      needsRehash: false,
    });
    expect((await verifyPassword('pass', stored)).matches).toBe(false);
    expect((await verifyPassword('x', 'not a hash')).matches).toBe(false);
  });

  it('ask for a new hash when the stored one is weaker', async () => {
    const weak = '$argon2id$v=19$m=16,t=2,p=1$MTIzNDU2Nzg$Vpz2ktKpDDzKHXbWaEKqlQ';
    expect((await verifyPassword('password', weak)).needsRehash).toBe(true);
  });

  it('cost the same for nobody, also many at once', async () => {
    await expect(
      Promise.all(Array.from({ length: 6 }, () => verifyNobody('x'))),
    ).resolves.toHaveLength(6);
  });

  it('leave threads to files, names and new connections, also many at once', async () => {
    await verifyNobody('x');
    let done = 0;
    const checks = Array.from({ length: 6 }, () => verifyNobody('x').then(() => (done += 1)));
    await setImmediate();
    await stat('.');
    expect(done).toBe(0);
    await Promise.all(checks);
  });
});

describe('a sealed box', () => {
  const box = new SealedBox(randomBytes(32));

  it('opens what it sealed, for the same record only', () => {
    const sealed = box.seal('token', 'nodes/1');
    expect(box.seal('token', 'nodes/1')).not.toBe(sealed);
    expect(sealed).not.toContain('token');
    expect(box.open(sealed, 'nodes/1')).toBe('token');
    expect(() => box.open(sealed, 'nodes/2')).toThrow(UnsealError);
  });

  it('refuses changed bytes, other keys and odd keys', () => {
    const sealed = box.seal('token', 'r');
    const flipped = sealed.slice(0, -4) + (sealed.at(-4) === 'A' ? 'B' : 'A') + sealed.slice(-3);
    expect(() => box.open(flipped, 'r')).toThrow(UnsealError);
    expect(() => box.open('zz', 'r')).toThrow(UnsealError);
    expect(() => new SealedBox(randomBytes(32)).open(sealed, 'r')).toThrow(/another key/);
    expect(() => new SealedBox(randomBytes(31))).toThrow(RangeError);
  });
});

describe('a signing key', () => {
  const { key, pem } = createSigningKey();
  const signature = key.sign('text');

  it('is the same when it is read again, and signs what its public half confirms', () => {
    const again = readSigningKey(pem);
    expect(again.publicKey).toBe(key.publicKey);
    expect(Buffer.from(key.publicKey, 'base64url')).toHaveLength(32);
    expect(isSignedBy(key.publicKey, 'text', again.sign('text'))).toBe(true);
  });

  it('confirms no other text, no other key and no other form of a signature', () => {
    expect(isSignedBy(key.publicKey, 'texT', signature)).toBe(false);
    expect(isSignedBy(createSigningKey().key.publicKey, 'text', signature)).toBe(false);
    for (const odd of ['', 'A', signature.slice(0, -1), `${signature}AA`, 'A'.repeat(86)]) {
      expect(isSignedBy(key.publicKey, 'text', odd)).toBe(false);
    }
    for (const odd of ['', 'A', key.publicKey.slice(1), '_'.repeat(43), '\u0000'.repeat(43)]) {
      expect(isSignedBy(odd, 'text', signature)).toBe(false);
    }
  });

  it('is read from nothing else', () => {
    expect(() => readSigningKey('')).toThrow();
    expect(() => readSigningKey(pem.replace('PRIVATE', 'PUBLIC'))).toThrow();
    const { privateKey } = generateKeyPairSync('x25519');
    const other = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    expect(() => readSigningKey(other)).toThrow('no Ed25519 key');
  });
});

describe('canonicalHash', () => {
  it('does not depend on key order', () => {
    expect(canonicalHash({ b: 1, a: [{ d: 2, c: 'é' }] })).toBe(
      canonicalHash({ a: [{ c: 'é', d: 2 }], b: 1 }),
    );
    expect(canonicalHash({ a: 1 })).not.toBe(canonicalHash({ a: 2 }));
  });
});
