import { parseJson } from '@cynodeai/runtime/std';
import { Child, waitFor } from '@cynodeai/testing/harness';
import { access, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { runCommand } from '@cynodeai/runtime/process';
import { z } from 'zod';
import { Daemon } from '../../src/adapters/container/docker/daemon.ts';
import { removeTree } from '../../src/adapters/container/shared/remove-tree.ts';

/** What to do on a host without Docker. A test that needs it fails with these words, it is not skipped. */
const fix = 'run: apt-get install -y --no-install-recommends docker.io iptables';
const programPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Starts a program that ends with this process: a test run that is killed takes its daemon along. */
const tiedProgram = '/usr/bin/setpriv';

async function dockerd(): Promise<string> {
  for (const dir of programPath.split(':')) {
    const path = join(dir, 'dockerd');
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  throw new Error(`the tests of the Docker engine need dockerd; ${fix}`);
}

const startSchema = z.object({
  Actor: z.object({ Attributes: z.object({ name: z.string() }) }),
});

/** A Docker daemon of one test file, in a folder of its own; nothing of the host's is touched. */
export class PrivateDocker implements AsyncDisposable {
  readonly base: string;
  readonly #child: Child;

  private constructor(base: string, child: Child) {
    this.base = base;
    this.#child = child;
  }

  get socketPath(): string {
    return join(this.base, 'docker.sock');
  }

  /** Value of DOCKER_HOST. */
  get host(): string {
    return `unix://${this.socketPath}`;
  }

  /** @param bridge existing bridge of containers with a network; without it they have none */
  static async start(bridge = 'none'): Promise<PrivateDocker> {
    if (process.getuid?.() !== 0) throw new Error('the tests of the Docker engine run as root');
    const program = await dockerd();
    const base = await mkdtemp(join(tmpdir(), 'cyd-'));
    await mkdir(join(base, 'home'));
    await writeFile(join(base, 'daemon.json'), '{}');
    const child = new Child(
      tiedProgram,
      [
        '--pdeathsig',
        'TERM',
        '--',
        program,
        `--bridge=${bridge}`,
        '--iptables=false',
        '--ip6tables=false',
        `--data-root=${join(base, 'data')}`,
        `--exec-root=${join(base, 'exec')}`,
        `--pidfile=${join(base, 'docker.pid')}`,
        `--host=unix://${join(base, 'docker.sock')}`,
        `--config-file=${join(base, 'daemon.json')}`,
      ],
      {
        detached: true,
        cwd: '/',
        env: { PATH: programPath, HOME: join(base, 'home'), TMPDIR: base },
      },
    );
    const docker = new PrivateDocker(base, child);
    await docker.#ready();
    return docker;
  }

  async #ready(): Promise<void> {
    const daemon = new Daemon(this.socketPath);
    try {
      await waitFor(
        async () => {
          if (!this.#child.running) throw new Error('dockerd ended');
          const answer = await daemon.call('GET', '/_ping').catch(() => undefined);
          return answer?.status === 200;
        },
        { what: 'the Docker daemon answers' },
      );
    } catch (cause) {
      await this[Symbol.asyncDispose]();
      throw new Error(`dockerd does not start; ${fix}\n${this.#child.output.slice(-4000)}`, {
        cause,
      });
    } finally {
      daemon.close();
    }
  }

  /** Names of the sandboxes of jobs that were ever started. */
  async startedSandboxes(): Promise<readonly string[]> {
    const daemon = new Daemon(this.socketPath);
    const filters = { event: ['start'], label: ['io.cynodeai.kind=sandbox'] };
    const until = Math.ceil(Date.now() / 1000);
    const query = `since=1&until=${until}&filters=${encodeURIComponent(JSON.stringify(filters))}`;
    try {
      const { text } = await daemon.call('GET', `/events?${query}`);
      return text
        .split('\n')
        .filter((line) => line.trim() !== '')
        .map((line) => startSchema.parse(parseJson(line)).Actor.Attributes.name);
    } finally {
      daemon.close();
    }
  }

  /** Ends the daemon with everything it runs and removes its folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.running) this.#child.kill('SIGTERM');
    await this.#child.exit;
    const mountInfo = await readFile('/proc/self/mountinfo', 'utf8');
    const mounts = mountInfo
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((point) => point.startsWith(`${this.base}/`))
      .toSorted((left, right) => right.length - left.length);
    for (const point of mounts) await runCommand('umount', ['--lazy', '--', point]);
    await removeTree(this.base);
  }
}
