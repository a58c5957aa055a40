import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { memoryLog } from '@cynodeai/testing';
import { fileArtifacts } from './file-artifacts.ts';

it('removes what earlier releases kept beside the folders of nodes, by its age, and nothing else', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kept-'));
  const [young, job] = [randomUUID(), randomUUID()];
  const old = [`${job}.tar`, `.${randomUUID()}.tar.${randomUUID()}.tmp`];
  const others = ['backup.tar', `${randomUUID()}.tar.gz`, `.${randomUUID()}.tmp`, 'README'];
  const put = async (name: string, at: Date): Promise<void> => {
    await writeFile(join(folder, name), 'x');
    await utimes(join(folder, name), at, at);
  };
  for (const name of [...old, ...others]) await put(name, new Date(1000));
  await put(`${young}.tar`, new Date(9000));
  await mkdir(join(folder, 'node'));
  await put(`node/${job}.tar`, new Date(1000));
  const [directory, link] = [`${randomUUID()}.tar`, `${randomUUID()}.tar`];
  await mkdir(join(folder, directory));
  await symlink('README', join(folder, link));
  const log = memoryLog();
  const keeper = fileArtifacts({ folder, nodeSlug: 'node', openTree: async () => {}, log });
  expect(await keeper.removeForgotten(new Date(5000))).toBe(old.length);
  expect(await keeper.removeForgotten(new Date(5000))).toBe(0);
  const left = [...others, `${young}.tar`, 'node', `node/${job}.tar`, directory, link];
  expect((await readdir(folder, { recursive: true })).toSorted()).toEqual(left.toSorted());
  await rm(folder, { recursive: true });
  expect(await keeper.removeForgotten(new Date(5000))).toBe(0);
});
