import { randomBytes } from 'node:crypto';

/** Names of now say the hash; those of earlier releases are chance alone. */
const namePattern = /^[0-9a-f]{2}\/(?:[0-9a-f]{64}-[0-9a-f]{16}|[0-9a-f-]{36})$/;

/** A name for content that was never used before and says what it is. */
export function newObjectName(sha256: string): string {
  return `${sha256.slice(0, 2)}/${sha256}-${randomBytes(8).toString('hex')}`;
}

/** True for a name that an object may have. */
export function isObjectName(name: string): boolean {
  return namePattern.test(name);
}

/** The name in a reference. It comes from the database: another form must not reach outside the store. @throws RangeError */
export function objectNameOf(storageRef: string, scheme: string): string {
  const name = storageRef.startsWith(scheme) ? storageRef.slice(scheme.length) : '';
  if (!isObjectName(name)) throw new RangeError('unknown form of storage reference');
  return name;
}
