import { execFile } from 'node:child_process';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.ts';
import { Child } from './child.ts';
import { RecordingProgram } from './recording-program.ts';

const call = promisify(execFile);

async function recorderOver(directory: string, body: string): Promise<RecordingProgram> {
  const real = join(directory, 'program');
  await writeFile(real, `#!/bin/sh\n${body}\n`);
  await chmod(real, 0o755);
  return RecordingProgram.make(directory, real);
}

it('counts each of many starts at once, also two of the same name, and keeps the words that matter', async () => {
  await using folder = await temporaryDirectory();
  const recorder = await recorderOver(folder.path, 'printf %s "$2"; exit 7');
  const before = Date.now();
  const names = [
    ...Array.from({ length: 20 }, (_, index) => `--name=job-${index}`),
    '--name=job-0',
  ];
  const codes = await Promise.all(
    names.map((name) =>
      call(recorder.path, ['run', name, '--env=A B', '--label=x=1', 'sh', '-c', 'a\nb']).then(
        () => 0,
        (error: unknown) => error,
      ),
    ),
  );
  expect(codes).toMatchObject(names.map((name) => ({ code: 7, stdout: name })));
  const starts = recorder.starts();
  expect(starts.map(({ words }) => words.join(' ')).toSorted()).toEqual(
    names.map((name) => `run ${name} --label=x=1`).toSorted(),
  );
  for (const { at } of starts) expect(at).toBeGreaterThanOrEqual(before);
});

it('counts a run that is killed as soon as it runs', async () => {
  await using folder = await temporaryDirectory();
  const recorder = await recorderOver(folder.path, 'echo here; exec tail -f /dev/null');
  const child = new Child(recorder.path, ['run', '--name=job']);
  await child.printed('here');
  await child.stop('SIGKILL');
  expect(recorder.starts()).toMatchObject([{ words: ['run', '--name=job'] }]);
});

it('starts nothing when it cannot take its note', async () => {
  await using folder = await temporaryDirectory();
  const recorder = await recorderOver(folder.path, `echo ran >'${join(folder.path, 'ran')}'`);
  const elsewhere = join(folder.path, 'gone', 'starts');
  const text = await readFile(recorder.path, 'utf8');
  await writeFile(recorder.path, text.replace(join(folder.path, 'starts'), elsewhere));
  await expect(call(recorder.path, ['run'])).rejects.toMatchObject({ code: 125 });
  await expect(readFile(join(folder.path, 'ran'))).rejects.toMatchObject({ code: 'ENOENT' });
});
