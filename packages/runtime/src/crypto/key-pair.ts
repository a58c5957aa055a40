import {
  type KeyObject,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';

/** An Ed25519 key pair that signs texts; the private half does not leave it but as PEM. */
export interface SigningKey {
  /** 32 bytes as base64url. */
  readonly publicKey: string;
  /** A signature over the text's UTF-8, 64 bytes as base64url. */
  readonly sign: (text: string) => string;
}

function signingKey(privateKey: KeyObject): SigningKey {
  const { x: publicKey = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return {
    publicKey,
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString('base64url'),
  };
}

/** A new key pair and its PEM (PKCS #8, not encrypted), which is a secret. */
export function createSigningKey(): { readonly key: SigningKey; readonly pem: string } {
  const { privateKey } = generateKeyPairSync('ed25519');
  return {
    key: signingKey(privateKey),
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** The key pair of a PEM. @throws Error for anything but an Ed25519 private key */
export function readSigningKey(pem: string): SigningKey {
  const privateKey = createPrivateKey(pem);
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('it is no Ed25519 key');
  return signingKey(privateKey);
}

/** True for a signature that the holder of the key made over exactly this text; false for anything else. */
export function isSignedBy(publicKey: string, text: string, signature: string): boolean {
  try {
    const jwk = { kty: 'OKP', crv: 'Ed25519', x: publicKey };
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return verify(null, Buffer.from(text), key, Buffer.from(signature, 'base64url'));
  } catch {
    // A key or a signature of another form.
    return false;
  }
}
