import process from 'node:process';
import { mkdtemp } from 'node:fs/promises';
import { chownSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sandboxName } from '../../src/domain/sandbox/naming.ts';
import type { SandboxExit } from '../../src/ports/sandbox-engine.ts';
import { engines, type TestEngine } from '../support/test-engine.ts';
import { testImage } from '../support/test-image.ts';

/** What people run in sandboxes, real and whole: the host's own programs, shown read-only. */
const programs: readonly {
  readonly title: string;
  readonly script: string;
  readonly says: string;
}[] = [
  {
    title: 'git makes, reads and clones a repository',
    script: `git init -q one && cd one && echo x > f && git add f
      git -c user.name=a -c user.email=a@b commit -qm first && git clone -q . ../two && git -C ../two log --format=%s
      git gc -q && git fsck`,
    says: 'first\n',
  },
  {
    title: 'python3 has threads, processes, sockets and an event loop',
    script: `cat > t.py <<'END'
import asyncio, ctypes, multiprocessing, socket, subprocess, tempfile, threading
def double(n): return 2 * n
async def child():
    process = await asyncio.create_subprocess_exec('echo', 'child', stdout=subprocess.PIPE)
    return (await process.communicate())[0].decode().strip()
if __name__ == '__main__':
    thread = threading.Thread(target=lambda: print('thread', flush=True)); thread.start(); thread.join()
    with multiprocessing.Pool(2) as pool: print(pool.map(double, [1, 2]))
    left, right = socket.socketpair(); left.send(b'pair'); print(right.recv(4).decode())
    server = socket.create_server(('127.0.0.1', 0)); socket.create_connection(server.getsockname()).close()
    print(len(socket.getaddrinfo('localhost', 80)) > 0, asyncio.run(child()))
    with tempfile.TemporaryDirectory() as folder: print(subprocess.run(['ls', folder]).returncode)
END
python3 t.py`,
    says: 'thread\n[2, 4]\npair\nTrue child\n0\n',
  },
  {
    title: 'node has workers, children, files and a server of its own',
    script: `cat > t.mjs <<'END'
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, watch, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Worker } from 'node:worker_threads';
const worker = new Worker('require("node:worker_threads").parentPort.postMessage("worker")', { eval: true });
console.log((await once(worker, 'message'))[0]);
console.log(execFileSync('echo', ['child'], { encoding: 'utf8' }).trim());
const seen = watch('.')[Symbol.asyncIterator]();
const change = seen.next();
await writeFile('file', 'file');
console.log((await change).value.filename, await readFile('file', 'utf8'));
const server = createServer((_, response) => response.end('server')).listen(0, 'localhost');
await once(server, 'listening');
console.log(await (await fetch('http://localhost:' + server.address().port)).text());
process.exit(0);
END
/opt/node t.mjs`,
    says: 'worker\nchild\nfile file\nserver\n',
  },
  {
    title: 'gcc and make build a program with threads, and a sanitizer finds its leak',
    script: `cat > t.c <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *work(void *_) { puts("thread"); return _; }
int main(int count, char **_) { pthread_t one; pthread_create(&one, 0, work, 0); pthread_join(one, 0);
  if (count > 1) { volatile char *lost = malloc(9); lost = 0; } return 0; }
END
printf 'all: a b\\na b: t.c\\n\\tgcc -g -fsanitize=address -o $@ $<\\n' > Makefile
make -s -j2 && ./a && { ./b leak 2> log || echo $?; grep -c "LeakSanitizer: detected" log; }`,
    says: 'thread\n1\n1\n',
  },
  {
    title: 'apt-get reads a repository and downloads a package, with its own filter too',
    script: `mkdir -p deb/DEBIAN repo lists/partial cache/archives/partial
printf 'Package: tool\\nVersion: 1\\nArchitecture: all\\nMaintainer: a <a@b>\\nDescription: tool\\n' > deb/DEBIAN/control
dpkg-deb -b deb repo/tool.deb > /dev/null
{ cat deb/DEBIAN/control; echo "Filename: ./tool.deb"; echo "Size: $(stat -c %s repo/tool.deb)"
  echo "SHA256: $(sha256sum repo/tool.deb | cut -c 1-64)"; } > repo/Packages
: > status
cat > apt.conf <<END
Dir::State "$PWD"; Dir::State::status "$PWD/status"; Dir::State::lists "$PWD/lists"; Dir::Cache "$PWD/cache";
Dir::Etc "$PWD"; Dir::Etc::SourceList "$PWD/sources.list"; Dir::Log "$PWD"; Debug::NoLocking "true";
APT::Sandbox::Seccomp "true";
END
export APT_CONFIG=$PWD/apt.conf
for way in copy file; do
  echo "deb [trusted=yes] $way:$PWD/repo ./" > sources.list
  apt-get -qq update && mkdir $way && (cd $way && apt-get -qq download tool && ls)
done`,
    says: 'tool_1_all.deb\ntool_1_all.deb\n',
  },
];

describe.each(engines)('$name', ({ open }) => {
  let test: TestEngine;

  beforeAll(async () => {
    test = await open();
  });

  afterAll(() => test.close());

  /** Runs a script where the host's programs are. */
  async function run(script: string): Promise<SandboxExit & { stdout: string; stderr: string }> {
    const workspace = await mkdtemp(join(tmpdir(), 'cynode-programs-'));
    const { rootless } = test.engine.facts;
    if (!rootless) chownSync(workspace, 65_532, 65_532);
    const name = sandboxName(crypto.randomUUID());
    const said = { stdout: '', stderr: '' };
    const into = (stream: 'stdout' | 'stderr') => ({
      write: (chunk: Uint8Array) => {
        said[stream] += Buffer.from(chunk).toString();
      },
    });
    try {
      const exit = await test.engine.run(
        {
          name,
          image: testImage,
          command: ['sh', '-ec', script],
          env: { HOME: '/workspace', PATH: '/usr/bin:/usr/sbin:/bin' },
          labels: { 'io.cynodeai.kind': 'sandbox' },
          mounts: [
            { hostPath: workspace, containerPath: '/workspace', readOnly: false },
            { hostPath: '/usr', containerPath: '/usr', readOnly: true },
            { hostPath: process.execPath, containerPath: '/opt/node', readOnly: true },
          ],
          workdir: '/workspace',
          timeoutSeconds: 120,
        },
        { stdout: into('stdout'), stderr: into('stderr') },
      );
      return { ...exit, ...said };
    } finally {
      test.engine.forget(name);
      await test.engine.removeTree(workspace);
    }
  }

  it.each(programs)('$title', async ({ script, says }) => {
    expect(await run(script)).toMatchObject({ kind: 'exited', stdout: says, exitCode: 0 });
  });
});
