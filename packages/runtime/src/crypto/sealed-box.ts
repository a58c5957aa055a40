import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { CodedError } from '../std/index.ts';

const nonceBytes = 12;
const tagBytes = 16;

/** A stored ciphertext cannot be opened: wrong key, wrong place or changed bytes. */
export class UnsealError extends CodedError<'unseal_failed'> {
  constructor(message: string, options?: ErrorOptions) {
    super('unseal_failed', message, options);
  }
}

/**
 * Encrypts small secrets at rest with AES-256-GCM and a fresh nonce per write; text form `kid:base64`.
 * `context` names the record, is authenticated and must be the same when opening.
 */
export class SealedBox {
  readonly #key: Buffer;
  readonly #keyId: string;

  /** @param key 32 bytes. @throws RangeError for another length. */
  constructor(key: Buffer) {
    if (key.length !== 32) throw new RangeError('the key must have 32 bytes');
    this.#key = key;
    this.#keyId = createHash('sha256').update('key-id').update(key).digest('hex').slice(0, 8);
  }

  seal(plain: string, context: string): string {
    const nonce = randomBytes(nonceBytes);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce).setAAD(Buffer.from(context));
    const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    const packed = Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64');
    return `${this.#keyId}:${packed}`;
  }

  /** @throws UnsealError when the value was not sealed with this key for this context. */
  open(sealed: string, context: string): string {
    const [keyId, packed] = sealed.split(':');
    if (keyId !== this.#keyId || packed === undefined) {
      throw new UnsealError(`the value was sealed with another key (${keyId ?? 'none'})`);
    }
    const bytes = Buffer.from(packed, 'base64');
    const nonce = bytes.subarray(0, nonceBytes);
    const tag = bytes.subarray(nonceBytes, nonceBytes + tagBytes);
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, nonce, {
        authTagLength: tagBytes,
      })
        .setAAD(Buffer.from(context))
        .setAuthTag(tag);
      const body = bytes.subarray(nonceBytes + tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    } catch (cause) {
      throw new UnsealError('the value was changed or belongs elsewhere', { cause });
    }
  }
}
