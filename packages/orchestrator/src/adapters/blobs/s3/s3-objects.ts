import { createReadStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import type { ByteRange, OpenBlob } from '../../../ports/blobs.ts';
import type { ObjectDraft, ObjectStore } from '../../../ports/object-store.ts';
import { type DraftFile, Drafts } from '../drafts.ts';
import { isObjectName, newObjectName, objectNameOf } from '../object-name.ts';
import { readPage } from './s3-answers.ts';
import { type S3Answer, S3Error, type S3Service, textOf } from './s3-service.ts';

/** A page has at most a thousand objects, each with at most a few hundred bytes around its key. */
const pageBytes = 4 * 1024 * 1024;

/**
 * Objects in a bucket. Bytes wait in a file until their hash and size are known: each object is sent by one request
 * that says both, so that it is there whole or not at all, and it is sent again from the file when that fails.
 * See docs/reference/tasks-and-jobs.md#stored-content.
 */
export class S3Objects implements ObjectStore {
  readonly scheme = 's3:';
  readonly #service: S3Service;
  readonly #prefix: string;
  readonly #drafts: Drafts;

  /** @param prefix what keys of this install begin with. @param directory where bytes wait until they are sent */
  constructor(service: S3Service, prefix: string, directory: string) {
    this.#service = service;
    this.#prefix = prefix;
    this.#drafts = new Drafts(directory);
  }

  async draft(chunks: AsyncIterable<Uint8Array>): Promise<ObjectDraft> {
    const file = await this.#drafts.write(chunks, { isDurable: false });
    return {
      sizeBytes: file.sizeBytes,
      sha256: file.sha256,
      publish: () => this.#publish(file),
      discard: () => rm(file.path, { force: true }),
    };
  }

  async #publish({ path, sizeBytes, sha256 }: DraftFile): Promise<string> {
    const name = newObjectName(sha256);
    const key = `${this.#prefix}${name}`;
    try {
      const body = { sizeBytes, sha256, open: () => createReadStream(path) };
      discard(await this.#service.send({ method: 'PUT', key, body }));
    } catch (error) {
      // A service may have kept a part of it, or all of it without our hearing so.
      await this.#delete(key).catch(() => {});
      throw error;
    }
    await rm(path, { force: true });
    return `${this.scheme}${name}`;
  }

  /** What a service has answered for is safe. */
  async flush(): Promise<void> {}

  async flushAll(): Promise<void> {}

  async stat(ref: string): Promise<{ readonly sizeBytes: number } | undefined> {
    const answer = await this.#service.send({
      method: 'HEAD',
      key: this.#keyOf(ref),
      accepts: [404],
    });
    discard(answer);
    return answer.status === 404 ? undefined : { sizeBytes: lengthOf(answer) };
  }

  async open(ref: string, range?: ByteRange): Promise<OpenBlob> {
    const headers = range && { range: `bytes=${range.first}-${range.last}` };
    const key = this.#keyOf(ref);
    const answer = await this.#service.send({
      method: 'GET',
      key,
      accepts: [416],
      ...(headers && { headers }),
    });
    // Nothing of the object lies in the range.
    if (answer.status === 416) discard(answer);
    const isEmpty = answer.status === 416;
    const sizeBytes = isEmpty ? 0 : lengthOf(answer);
    if (range !== undefined && sizeBytes > range.last - range.first + 1) {
      discard(answer);
      throw new S3Error('s3_refused', 'the S3 service sends more than the part that was asked for');
    }
    return {
      sizeBytes,
      chunks: isEmpty ? noBytes() : answer.body,
      close: async () => answer.close(),
    };
  }

  async remove(ref: string): Promise<void> {
    await this.#delete(this.#keyOf(ref));
  }

  async *writtenBefore(before: Date): AsyncGenerator<readonly string[]> {
    for (let after = '', isCut = true; isCut;) {
      // The list of the first version, as every service has it: a page begins behind a key.
      const query = { prefix: this.#prefix, ...(after !== '' && { marker: after }) };
      const answer = await this.#service.send({ method: 'GET', key: '', query });
      const page = readPage(await textOf(answer, pageBytes));
      const refs = page.objects
        .filter(({ key, modifiedAt }) => key.startsWith(this.#prefix) && modifiedAt < before)
        .map(({ key }) => key.slice(this.#prefix.length))
        .filter(isObjectName)
        .map((name) => `${this.scheme}${name}`);
      if (refs.length > 0) yield refs;
      const last = page.objects.at(-1)?.key ?? '';
      if (page.isCut && last <= after) {
        throw new S3Error('s3_refused', 'the S3 service sent the same page of its list twice');
      }
      [after, isCut] = [last, page.isCut];
    }
  }

  removeUnfinished(before: Date): Promise<number> {
    return this.#drafts.removeUnfinished(before);
  }

  async #delete(key: string): Promise<void> {
    discard(await this.#service.send({ method: 'DELETE', key, accepts: [404] }));
  }

  #keyOf(ref: string): string {
    return `${this.#prefix}${objectNameOf(ref, this.scheme)}`;
  }
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

const discard = (answer: S3Answer): void => answer.close();

function lengthOf(answer: S3Answer): number {
  const size = Number(answer.headers['content-length'] ?? Number.NaN);
  if (Number.isSafeInteger(size) && size >= 0) return size;
  discard(answer);
  throw new S3Error('s3_refused', 'the S3 service does not say how large an object is');
}
