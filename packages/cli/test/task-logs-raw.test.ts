import type { FakeGateway } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { bytesInProcess, runInProcess } from './support/run-in-process.ts';

let gateway: FakeGateway;
let home: Home;

eachTest((place) => ({ gateway, home } = place));

describe('output that is no text', () => {
  const binary = {
    stdout: { head: '/wA=', tail: { omitted_bytes: 1000, bytes: '/g==' } },
    stderr: { head: '/Q==' },
  };

  it('--raw writes a stream as the job did, and says what is missing', async () => {
    const { id } = gateway.addTask().end({ stdout: '\uFFFD\uFFFD', stderr: '\uFFFD', binary });
    const raw = await bytesInProcess(home, ['task', 'logs', id, '--raw']);
    expect(raw).toMatchObject({ code: 0, bytes: Buffer.from([255, 0, 254]) });
    expect(raw.stderr).toBe(
      'warning: 1,000 bytes of stdout are not kept, those behind the first 2\n',
    );
    const both = await bytesInProcess(home, ['task', 'logs', id, '--raw', '--stream', 'all']);
    expect(both.bytes).toEqual(Buffer.from([255, 0, 254, 253]));
    const plain = gateway.addTask().end({ stdout: 'text', stderr: 'no' });
    expect((await runInProcess(home, ['task', 'logs', plain.id, '--raw'])).stdout).toBe('text');
  });

  it('--raw is for what is stored, and for bytes', async () => {
    const { id } = gateway.addTask().end();
    for (const more of [['--follow'], ['-o', 'json']]) {
      const { code, stderr } = await runInProcess(home, ['task', 'logs', id, '--raw', ...more]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('use --raw without')]);
    }
  });

  it('says of a stream that is no text how to get it, and so does the result', async () => {
    const { id } = gateway
      .addTask()
      .end({ stdout: '\uFFFD', binary: { stdout: { head: '/w==' } } });
    const said = `warning: stdout is binary, not text; to save it as it is: cynork task logs ${id} --raw > FILE\n`;
    expect((await runInProcess(home, ['task', 'logs', id])).stderr).toBe(said);
    expect((await runInProcess(home, ['task', 'result', id])).stderr).toBe(said);
  });
});
