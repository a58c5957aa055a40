import { createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { limits } from '@cynodeai/contracts/common';
import { temporaryDirectory } from '@cynodeai/testing';
import { waitFor } from '@cynodeai/testing/harness';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Keepers, type Kept } from '../../src/adapters/container/shared/keeper/keepers.ts';
import { checkNamePrefix } from '../../src/domain/sandbox/naming.ts';
import { killKeeper, processesNaming } from '../support/leftovers.ts';

const env = { PATH: '/usr/bin:/bin' };
const { outputStreamBytes: head, outputTailBytes: tail } = limits;

async function folder() {
  const dir = await temporaryDirectory();
  onTestFinished(() => dir[Symbol.asyncDispose]());
  const keepers = new Keepers(dir.path);
  onTestFinished(() => keepers[Symbol.dispose]());
  return { path: dir.path, keepers };
}

const script = (text: string, change: object = {}): Kept => ({
  kind: 'client',
  command: ['sh', '-c', text],
  env,
  more: {},
  file: '',
  ...change,
});

/** Everything a spool says, in order. */
function heard() {
  const said: [string, string][] = [];
  const of = (stream: string) => ({
    write: (chunk: Uint8Array) => void said.push([stream, Buffer.from(chunk).toString('latin1')]),
    omit: (bytes: number) => void said.push([`${stream} omits`, String(bytes)]),
  });
  const text = (stream: string): string =>
    said.map(([name, piece]) => (name === stream ? piece : '')).join('');
  return { said, text, sinks: { stdout: of('stdout'), stderr: of('stderr') } };
}

async function kept(text: string, change: object = {}) {
  const { keepers } = await folder();
  const all = heard();
  const end = await keepers.start('c1', script(text, change)).follow(all.sinks);
  return { ...all, end };
}

describe('a keeper', () => {
  it('tells both streams in the order of their writing, and the end', async () => {
    const { said, end } = await kept(
      'for n in 1 2 3; do echo $n; sleep 0.05; echo e$n >&2; sleep 0.05; done; exit 7',
    );
    expect(said).toEqual(
      [1, 2, 3].flatMap((n) => [
        ['stdout', `${n}\n`],
        ['stderr', `e${n}\n`],
      ]),
    );
    expect(end).toMatchObject({ kind: 'exited', code: 7 });
    expect(end?.at.getTime()).toBeGreaterThan((end?.begunAt.getTime() ?? 0) + 250);
  });

  it.each([
    ['a signal', 'kill -9 $$', { kind: 'killed' }],
    ['nothing at all', 'true', { kind: 'exited', code: 0 }],
  ])('tells an end by %s', async (_what, text, end) => {
    expect((await kept(text)).end).toMatchObject(end);
  });

  it("of a private run is nobody else's to go on with, and is forgotten with the strays", async () => {
    const { keepers, path } = await folder();
    const all = heard();
    const run = keepers.start('c1', script('echo said; exit 3'), true);
    const ended = run.follow(all.sinks);
    expect([...(await keepers.names())]).toEqual([]);
    expect(await keepers.find('c1')).toBeUndefined();
    expect(await ended).toMatchObject({ kind: 'exited', code: 3 });
    expect(all.text('stdout')).toBe('said\n');
    keepers.forgetStrays((name) => name === 'c1');
    expect(await readdir(path)).toHaveLength(1);
    keepers.forgetStrays(() => false);
    expect(await readdir(path)).toEqual([]);
  });

  it('says that its client cannot be started', async () => {
    const { end } = await kept('', { command: ['/nonesuch'] });
    expect(end).toMatchObject({ kind: 'fault', words: expect.stringContaining('No such file') });
  });

  it('hands the file and further variables to the client alone, and no variable to itself', async () => {
    const more = { MORE: 'two\nlines=x', PERL5OPT: '-Mnonesuch', LD_PRELOAD: '/nonesuch.so' };
    const { text, end } = await kept(
      'cat /dev/fd/3; printf %s "$MORE"; ls /proc/self/fd | grep -x .',
      {
        file: 'A=b\n',
        more,
      },
    );
    expect(end).toMatchObject({ kind: 'exited', code: 0 });
    expect(text('stdout')).toBe('A=b\ntwo\nlines=x0\n1\n2\n3\n4\n');
  });

  it('keeps head and tail of a long stream and counts the middle; the other stream is whole', async () => {
    const all = 20_000_000;
    const { text, said, end } = await kept(
      `echo before >&2; seq -w 1 2500000 | tr -d '\\n' | head -c ${all}; printf LAST; echo after >&2; exit 4`,
    );
    expect(end).toMatchObject({ kind: 'exited', code: 4 });
    expect(text('stderr')).toBe('before\nafter\n');
    expect(said.filter(([name]) => name === 'stdout omits')).toEqual([
      ['stdout omits', String(17_500_004 - head - tail)],
    ]);
    const out = text('stdout');
    expect(out).toHaveLength(head + tail);
    expect(out.slice(0, 14)).toBe('00000010000002');
    expect(out.slice(-11)).toBe('2500000LAST');
  }, 60_000);

  it.each([0, 1, 2, tail - 1, tail])(
    'loses nothing of a stream %i bytes beyond its head',
    async (more) => {
      const { text, said } = await kept(`head -c ${head + more} /dev/zero | tr '\\0' x`);
      expect(text('stdout')).toBe('x'.repeat(head + more));
      expect(said.some(([name]) => name.endsWith('omits'))).toBe(false);
    },
  );

  it('takes no more room for a flood of single bytes than for their spool', async () => {
    const { keepers, path } = await folder();
    const all = heard();
    const text = `perl -e '$|=1; for (1..400000) { print "x"; print STDERR "y" if $_ % 3 == 0 }'; exit 1`;
    expect(await keepers.start('c1', script(text)).follow(all.sinks)).toMatchObject({ code: 1 });
    expect(all.text('stdout').length).toBeGreaterThan(head);
    expect(await readdir(path)).toEqual(['c1']);
  }, 60_000);

  it('outlives who began it, and is found, followed from the beginning, and forgotten', async () => {
    const { keepers, path } = await folder();
    keepers.start('c1', script('echo one; sleep 1.5; echo two; exit 3'));
    using another = new Keepers(path);
    const found = await waitFor(() => another.find('c1'), { what: 'it is there' });
    const all = heard();
    expect(await found.follow(all.sinks)).toMatchObject({ kind: 'exited', code: 3 });
    expect(all.text('stdout')).toBe('one\ntwo\n');
    expect(await another.names()).toEqual(new Set(['c1']));
    another.forgetStrays(() => false);
    expect(await another.find('c1')).toBeUndefined();
    expect(await readdir(path)).toEqual([]);
  });

  it('of a check is forgotten when it is old, whoever is said to live', async () => {
    const { keepers, path } = await folder();
    const check = `${checkNamePrefix}0a1b`;
    await keepers.start(check, script('true')).follow(heard().sinks);
    await keepers.start('c1', script('true')).follow(heard().sinks);
    await keepers.start('c2', script('true'), true).follow(heard().sinks);
    const others = ['.file-', '.more-', ''].map((prefix, n) => `${prefix}${checkNamePrefix}${n}`);
    for (const name of others) await writeFile(join(path, name), 'A=secret');
    const checks = [check, ...others].toSorted();
    for (const lives of [true, false]) {
      keepers.forgetStrays(() => lives);
      expect(await readdir(path)).toEqual(expect.arrayContaining(checks));
    }
    expect(await readdir(path)).toHaveLength(checks.length);
    const old = new Date(Date.now() - 125_000);
    for (const [index, name] of checks.entries()) {
      await utimes(join(path, name), old, old);
      keepers.forgetStrays(() => true);
      expect((await readdir(path)).toSorted()).toEqual(checks.slice(index + 1));
    }
  });

  it('that is killed ends what follows it, without an end, and is not found', async () => {
    const { keepers, path } = await folder();
    const name = `k-${process.pid}`;
    const own = keepers.start(name, script('echo up; exec sleep 1000'));
    const all = heard();
    const ended = own.follow(all.sinks);
    using another = new Keepers(path);
    const found = await waitFor(() => another.find(name), { what: 'it is there' });
    const others = found.follow(heard().sinks);
    await waitFor(() => all.text('stdout') === 'up\n', { what: 'it runs' });
    await killKeeper(name);
    expect(await ended).toBeUndefined();
    expect(await others).toBeUndefined();
    expect(await another.find(name)).toBeUndefined();
  });

  it('is killed with its client', async () => {
    const { keepers } = await folder();
    const mark = String(10_000_000 + process.pid);
    const run = keepers.start('c1', script(`sleep ${mark}; true`));
    const ended = run.follow(heard().sinks);
    await waitFor(async () => (await processesNaming(`sleep\0${mark}`)).length > 0, {
      what: 'it runs',
    });
    run.kill();
    expect(await ended).toBeUndefined();
    await waitFor(async () => (await processesNaming(mark)).length === 0, { what: 'all are gone' });
  });

  it('forgets files with variables that a killed process had no time to take the name of', async () => {
    const { keepers, path } = await folder();
    for (const name of ['.file-c1', '.more-c1', '.file-c2'])
      await writeFile(join(path, name), 'A=b');
    keepers.forgetStrays((name) => name === 'c2');
    expect(await readdir(path)).toEqual(['.file-c2']);
    keepers.forget('c2');
    expect(await readdir(path)).toEqual([]);
  });

  it('takes nothing for a spool that is none', async () => {
    const { keepers, path } = await folder();
    await writeFile(join(path, 'empty'), '');
    await writeFile(
      join(path, 'noise'),
      Buffer.from([9, 255, 255, 255, 255, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    );
    await mkdir(join(path, 'folder'));
    expect(await keepers.names()).toEqual(new Set());
  });
});

/** A daemon that answers an attach with the pieces of a stream and a wait with the code. */
async function daemonOf(
  pieces: readonly Buffer[],
  code: number,
): Promise<{ path: string; server: Server }> {
  const dir = await temporaryDirectory();
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (request) => {
      if (request.toString().includes('/attach')) {
        socket.write('HTTP/1.1 101 UPGRADED\r\nContent-Type: x\r\n\r\n');
        for (const piece of pieces) socket.write(piece);
        socket.end();
      } else {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        const body = `{"Error":null,"StatusCode":${code}}\n`;
        setTimeout(() => socket.end(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`), 20);
      }
    });
  });
  const path = join(dir.path, 'sock');
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(async () => {
    server.close();
    await dir[Symbol.asyncDispose]();
  });
  return { path, server };
}

describe('a stream of a daemon', () => {
  it('is split the same however it is cut', async () => {
    const { keepers } = await folder();
    const frame = fc.tuple(fc.boolean(), fc.uint8Array({ maxLength: 20 }));
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(fc.array(frame), cuts, fc.nat(255), async (frames, sizes, code) => {
        const stream = Buffer.concat(
          frames.map(([isError, content]) => {
            const header = Buffer.alloc(8);
            header[0] = isError ? 2 : 1;
            header.writeUInt32BE(content.length, 4);
            return Buffer.concat([header, content]);
          }),
        );
        const pieces: Buffer[] = [];
        for (let at = 0; at < stream.length;) {
          const size = sizes[pieces.length % sizes.length] ?? 1;
          pieces.push(stream.subarray(at, at + size));
          at += size;
        }
        const { path: socketPath, server } = await daemonOf(pieces, code);
        const all = heard();
        const end = await keepers
          .start('c1', { kind: 'daemon', socketPath, id: 'c1' })
          .follow(all.sinks);
        server.close();
        expect(end).toMatchObject({ kind: 'exited', code });
        const expected = (isError: boolean): string =>
          Buffer.concat(
            frames.filter(([kind]) => kind === isError).map(([, bytes]) => bytes),
          ).toString('latin1');
        expect(all.text('stdout')).toBe(expected(false));
        expect(all.text('stderr')).toBe(expected(true));
      }),
      { numRuns: 40 },
    );
  }, 60_000);

  it('that is not to be had is said, with the words of the daemon', async () => {
    const { keepers, path } = await folder();
    const absent = { kind: 'daemon', socketPath: join(path, 'none'), id: 'c1' } as const;
    expect(await keepers.start('c1', absent).follow(heard().sinks)).toMatchObject({
      kind: 'fault',
      words: expect.stringContaining('daemon'),
    });
  });
});
