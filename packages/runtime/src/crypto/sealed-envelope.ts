import {
  type KeyObject,
  createHash,
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
} from 'node:crypto';
import { SealedBox, UnsealError } from './sealed-box.ts';

/** How RFC 8410 begins an X25519 private key in PKCS #8; the 32 bytes of the key follow. */
const pkcs8Head = Buffer.from('302e020100300506032b656e04220420', 'hex');

const publicBytes = (key: KeyObject): string => key.export({ format: 'jwk' }).x ?? '';

function publicKeyOf(text: string): KeyObject {
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x: text }, format: 'jwk' });
}

/** A box that only those two share, for one message. */
function boxBetween(privateKey: KeyObject, other: string, sender: string, recipient: string) {
  const shared = diffieHellman({ privateKey, publicKey: publicKeyOf(other) });
  const salt = Buffer.from(`${sender}.${recipient}`);
  return new SealedBox(Buffer.from(hkdfSync('sha256', shared, salt, 'cynodeai envelope', 32)));
}

/** Short name of a public key: who seals and who opens compare it. 16 hex digits. */
export function envelopeKeyId(publicKey: string): string {
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 16);
}

/**
 * Seals a text for the holder of a private key (X25519 with a fresh key per message, HKDF-SHA-256, AES-256-GCM): whoever
 * seals cannot open it again. `context` names the record and must be the same when opening.
 * @param publicKey 32 bytes as base64url. @throws Error for a key of another form
 */
export function sealFor(publicKey: string, plain: string, context: string): string {
  const once = generateKeyPairSync('x25519');
  const sender = publicBytes(once.publicKey);
  const box = boxBetween(once.privateKey, publicKey, sender, publicKey);
  return `${sender}.${box.seal(plain, context)}`;
}

/** Opens what was sealed for it. */
export class EnvelopeOpener {
  /** 32 bytes as base64url; no secret. */
  readonly publicKey: string;
  readonly #privateKey: KeyObject;

  /** @param seed 32 bytes, a secret; the same ones give the same key */
  constructor(seed: Buffer) {
    if (seed.length !== 32) throw new RangeError('the seed must have 32 bytes');
    const key = Buffer.concat([pkcs8Head, seed]);
    this.#privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
    this.publicKey = publicBytes(createPublicKey(this.#privateKey));
  }

  /** @throws UnsealError when it was not sealed for this key and this context */
  open(sealed: string, context: string): string {
    const at = sealed.indexOf('.');
    const [sender, packed] = [sealed.slice(0, at), sealed.slice(at + 1)];
    let box: SealedBox;
    try {
      box = boxBetween(this.#privateKey, sender, sender, this.publicKey);
    } catch (cause) {
      throw new UnsealError('the value is no envelope', { cause });
    }
    return box.open(packed, context);
  }
}
