import { localPlaceOf } from '@cynodeai/api-client/local-install';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { Secret } from '@cynodeai/runtime/config';
import { createSigningKey, readSigningKey } from '@cynodeai/runtime/crypto';
import { makePrivateDir, readIfThere, readOrCreate } from './files.ts';
import type { HomePaths } from './paths.ts';

/** Secrets of an install; made on first use, kept in the state folder (0600). None is built in. */
export interface InstallSecrets {
  /** Signs user and node tokens. */
  readonly jwt: Secret;
  /** 32 bytes in base64; encrypts node tokens at rest. */
  readonly secretsKey: Secret;
  /** Pre-shared key with which the node registers. */
  readonly registrationPsk: Secret;
  /** Password of the first administrator, `admin`. */
  readonly adminPassword: Secret;
  /** By which the user gateway proves that it is this install's. */
  readonly gatewayProof: Secret;
  /** The same for the control plane. */
  readonly controlPlaneProof: Secret;
  /** With which the process of agents calls the control plane, and is called by it. */
  readonly workflowRunner: Secret;
}

/** Where the node finds the pre-shared key. */
export function registrationPskPath(paths: HomePaths): string {
  return join(paths.secrets, 'registration-psk');
}

/** Where the node finds the key that its control plane must prove to hold. */
export function controlPlaneProofPath(paths: HomePaths): string {
  return join(paths.secrets, 'control-plane-proof');
}

/** The key that seals audit logs; its folder also says where they ended, which the control plane writes. */
export function auditKeyPath(paths: Pick<HomePaths, 'secrets'>): string {
  return join(paths.secrets, 'audit', 'seal-key.pem');
}

/** The public half of the key that seals audit logs, base64url; undefined before the first start. */
export function auditPublicKey(paths: HomePaths): string | undefined {
  const pem = readIfThere(auditKeyPath(paths));
  return pem === undefined ? undefined : readSigningKey(pem).publicKey;
}

const random = (bytes: number): string => randomBytes(bytes).toString('base64url');

export function openSecrets(paths: HomePaths): InstallSecrets {
  const at = (path: string, make: () => string): Secret =>
    new Secret(readOrCreate(path, make).trim());
  const secret = (name: string, make: () => string): Secret => at(join(paths.secrets, name), make);
  const proof = (): string => random(32);
  makePrivateDir(dirname(auditKeyPath(paths)), process.getuid?.() ?? 0);
  readOrCreate(auditKeyPath(paths), () => createSigningKey().pem);
  const { adminPassword, gatewayProof } = localPlaceOf(paths.home);
  return {
    jwt: secret('jwt-secret', () => random(48)),
    secretsKey: secret('secrets-key', () => randomBytes(32).toString('base64')),
    registrationPsk: at(registrationPskPath(paths), () => random(32)),
    adminPassword: at(adminPassword, () => random(24)),
    gatewayProof: at(gatewayProof, proof),
    controlPlaneProof: at(controlPlaneProofPath(paths), proof),
    workflowRunner: secret('workflow-runner', () => random(32)),
  };
}
