import { mkdir, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import process from 'node:process';
import { mustRun } from '@cynodeai/runtime/process';
import { reservePort, waitFor } from '@cynodeai/testing';
import { MockOrchestrator, testPsk } from '@cynodeai/testing/doubles';
import { Child } from '@cynodeai/testing/harness';
import { openEngine } from '../../src/adapters/container/podman/open-engine.ts';
import { removeTree } from '../../src/adapters/container/shared/remove-tree.ts';
import { leftovers } from '../support/leftovers.ts';
import { PrivateDocker } from '../support/private-docker.ts';
import { type Call, Stranger } from '../support/stranger.ts';
import { testImage, testImageArchive } from '../support/test-image.ts';

const checkout = fileURLToPath(new URL('../../../..', import.meta.url));
const programs = {
  node: 'packages/worker/src/processes/node.ts',
  engine: 'packages/worker/src/processes/engine.ts',
};

type Values = Readonly<Record<string, string>>;

/** An install on one kind of engine: how its programs are called, and what is left on it. */
interface Place {
  readonly call: (program: string, args: readonly string[], more: Values) => Call;
  readonly left: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

function asRoot(env: Values): Place['call'] {
  return (program, args, more) => ({
    program: process.execPath,
    args: [join(checkout, program), ...args],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env, ...more },
  });
}

async function podman(): Promise<Place> {
  const base = await mkdtemp(join(tmpdir(), 'cyh-'));
  const source = { stateDir: join(base, 'state'), runDir: join(base, 'run') };
  const call = asRoot({
    HOME: base,
    CYNODE_STATE_DIR: source.stateDir,
    CYNODE_RUN_DIR: source.runDir,
  });
  return {
    call,
    left: async () => {
      const { usable } = await openEngine(source);
      if (usable === undefined) throw new Error('the engine is not usable');
      return leftovers({ kind: 'podman', ...source, command: usable.command });
    },
    close: async () => {
      const { program, args, env } = call(programs.engine, ['reset'], {});
      await mustRun(program, args, { env });
      await removeTree(base);
    },
  };
}

async function docker(): Promise<Place> {
  const daemon = await PrivateDocker.start();
  const stateDir = join(daemon.base, 'state');
  await mkdir(stateDir);
  const env = {
    HOME: daemon.base,
    CYNODE_STATE_DIR: stateDir,
    CONTAINER_RUNTIME: 'docker',
    DOCKER_HOST: daemon.host,
  };
  const call = asRoot(env);
  const command = {
    program: 'docker',
    flags: [`--host=${daemon.host}`],
    env: { PATH: '/usr/bin:/bin', HOME: daemon.base },
  };
  return {
    call,
    left: () => leftovers({ kind: 'docker', stateDir, runDir: daemon.base, command }),
    close: async () => {
      const { program, args, env: all } = call(programs.engine, ['reset', '--slug', 'node-a'], {});
      await mustRun(program, args, { env: all });
      await daemon[Symbol.asyncDispose]();
    },
  };
}

async function rootless(): Promise<Place> {
  const user = await Stranger.create();
  return {
    call: (program, args, more) => user.call(program, args, more),
    left: async () => {
      const own = /\/node\/node |catatonit -P|podman pause|^\S+\s+podman$/;
      const mounts = await readdir(join(user.stateDir, 'sandbox_mounts')).catch(() => []);
      return [...mounts, ...(await user.processes()).filter((line) => !own.test(line))];
    },
    close: async () => {
      await user.run(programs.engine, ['reset']);
      await user[Symbol.asyncDispose]();
    },
  };
}

/** Every way a node runs sandboxes. */
export const places = { podman, docker, rootless };

/** A node as a process of its own, small enough that jobs reach its ceiling, with the image of the tests. */
export class BesiegedNode implements AsyncDisposable {
  readonly url: string;
  readonly #child: Child;
  readonly #place: Place;
  readonly #orchestrator: MockOrchestrator;

  private constructor(url: string, child: Child, place: Place, orchestrator: MockOrchestrator) {
    this.url = url;
    this.#child = child;
    this.#place = place;
    this.#orchestrator = orchestrator;
  }

  static async start(kind: keyof typeof places): Promise<BesiegedNode> {
    const place = await places[kind]();
    const { program, args, env } = place.call(
      programs.engine,
      ['import-image', await testImageArchive(), testImage],
      {},
    );
    await mustRun(program, args, { env, timeoutMs: 120_000 });
    const orchestrator = new MockOrchestrator();
    await orchestrator.listen();
    const address = `127.0.0.1:${await reservePort()}`;
    const url = `http://${address}`;
    orchestrator.workerUrl = url;
    const node = place.call(programs.node, ['--no-config'], {
      ORCHESTRATOR_URL: orchestrator.url,
      NODE_SLUG: orchestrator.slug,
      NODE_REGISTRATION_PSK: testPsk,
      NODE_ADVERTISED_WORKER_API_URL: url,
      LISTEN_ADDR: address,
      OLLAMA_PORT: String(await reservePort()),
      NODE_SANDBOXES_MEMORY_MB: '512',
      NODE_SANDBOXES_PROCESSES: '600',
    });
    const child = new Child(node.program, node.args, { env: node.env, cwd: '/' });
    const begun = new BesiegedNode(url, child, place, orchestrator);
    await waitFor(
      () => {
        if (!child.running) throw new Error(child.output);
        return orchestrator.acks.some(({ status }) => status === 'applied');
      },
      { what: 'the node is ready', within: 180_000 },
    ).catch(async (error: unknown) => {
      await begun[Symbol.asyncDispose]();
      throw new Error(child.output, { cause: error });
    });
    return begun;
  }

  /** Whether its process is there. */
  get running(): boolean {
    return this.#child.running;
  }

  /** What it warned of, the first ten. */
  get faults(): readonly string[] {
    const lines = this.#child.stdout.split('\n');
    return lines.filter((line) => /"level":"(?:warn|error)"/.test(line)).slice(0, 10);
  }

  /** What jobs left behind, while the node runs. */
  left(): Promise<readonly string[]> {
    return this.#place.left();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#child.exit;
    await this.#orchestrator.close();
    await this.#place.close();
  }
}
