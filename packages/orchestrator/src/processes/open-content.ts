import { ConfigError, Secret } from '@cynodeai/runtime/config';
import { type ProcessScope, sleep } from '@cynodeai/runtime/lifecycle';
import { messageOf, trimEnd } from '@cynodeai/runtime/std';
import type { Kysely } from 'kysely';
import { readFileSync } from 'node:fs';
import { FileObjects } from '../adapters/blobs/file-objects.ts';
import { S3Objects } from '../adapters/blobs/s3/s3-objects.ts';
import { S3Service, type S3Settings } from '../adapters/blobs/s3/s3-service.ts';
import { newContentHash } from '../adapters/crypto/content-hash.ts';
import { postgresBlobIndex } from '../adapters/postgres/artifacts/blob-index.ts';
import type { Database } from '../adapters/postgres/tables.ts';
import { ContentStore, type ContentStoreDeps } from '../app/blobs/content-store.ts';

/** The variables that say where content is, read. */
export interface ContentVariables {
  readonly ARTIFACT_STORAGE_DIR: string;
  readonly ARTIFACT_S3_ENDPOINT?: string | undefined;
  readonly ARTIFACT_S3_BUCKET?: string | undefined;
  readonly ARTIFACT_S3_REGION: string;
  readonly ARTIFACT_S3_PREFIX?: string | undefined;
  readonly ARTIFACT_S3_KEY_ID?: string | undefined;
  readonly ARTIFACT_S3_SECRET_KEY?: Secret | undefined;
  readonly ARTIFACT_S3_SECRET_KEY_FILE?: string | undefined;
}

/** Where content is. */
export interface ContentConfig {
  readonly directory: string;
  /** Takes what is new, when it is there. */
  readonly s3: (S3Settings & { readonly prefix: string }) | undefined;
}

function secretIn(path: string): Secret {
  let text: string;
  try {
    text = trimEnd(readFileSync(path, 'utf8'), '\r\n');
  } catch (error) {
    throw new ConfigError(`ARTIFACT_S3_SECRET_KEY_FILE: ${messageOf(error)}`);
  }
  if (text === '') throw new ConfigError('ARTIFACT_S3_SECRET_KEY_FILE: the file is empty');
  return new Secret(text);
}

/** @throws ConfigError naming what a named service lacks. See docs/environment.md#orchestrator. */
export function contentConfigOf(read: ContentVariables): ContentConfig {
  const directory = read.ARTIFACT_STORAGE_DIR;
  const endpoint = read.ARTIFACT_S3_ENDPOINT;
  const bucket = read.ARTIFACT_S3_BUCKET;
  const keyId = read.ARTIFACT_S3_KEY_ID;
  const file = read.ARTIFACT_S3_SECRET_KEY_FILE;
  const variables = {
    ARTIFACT_S3_ENDPOINT: endpoint,
    ARTIFACT_S3_BUCKET: bucket,
    ARTIFACT_S3_KEY_ID: keyId,
    ARTIFACT_S3_SECRET_KEY: read.ARTIFACT_S3_SECRET_KEY ?? file,
  };
  if (Object.values(variables).every((value) => value === undefined)) {
    return { directory, s3: undefined };
  }
  const secretKey = file === undefined ? read.ARTIFACT_S3_SECRET_KEY : secretIn(file);
  if (endpoint === undefined || bucket === undefined || keyId === undefined || !secretKey) {
    const missing = Object.entries(variables).filter(([, value]) => value === undefined);
    const faults = missing.map(([name]) => `${name} is required, as another ARTIFACT_S3 is set`);
    throw new ConfigError(faults.join('\n'));
  }
  const prefix = read.ARTIFACT_S3_PREFIX === undefined ? '' : `${read.ARTIFACT_S3_PREFIX}/`;
  const region = read.ARTIFACT_S3_REGION;
  return {
    directory,
    s3: { endpoint: new URL(endpoint), bucket, region, keyId, secretKey, prefix },
  };
}

/** Content of the product, and what its sweep needs. */
export interface OpenContent {
  readonly content: ContentStore;
  readonly parts: ContentStoreDeps;
}

/** Opens it; `scope.shutdown` closes it. */
export function openContent(
  { directory, s3 }: ContentConfig,
  db: Kysely<Database>,
  clock: ContentStoreDeps['clock'],
  { shutdown }: Pick<ProcessScope, 'shutdown'>,
): OpenContent {
  const files = new FileObjects(directory);
  const base = { index: postgresBlobIndex(db), newHash: newContentHash, clock };
  if (s3 === undefined) {
    const parts = { ...base, store: files, others: [] };
    return { content: new ContentStore(parts), parts };
  }
  const service = new S3Service(s3, { sleep });
  shutdown.add('close the S3 service', () => service.close());
  const parts = { ...base, store: new S3Objects(service, s3.prefix, directory), others: [files] };
  return { content: new ContentStore(parts), parts };
}
