import process from 'node:process';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { parseEnv, readEnv, schemaOf } from '@cynodeai/runtime/config';
import { engineEnvironment } from '@cynodeai/runtime/environment/node';
import { messageOf } from '@cynodeai/runtime/std';
import { defaultStateDir } from '../adapters/startup/settings.ts';
import { removeContainers } from '../adapters/container/podman/containers.ts';
import { hasImage, importImage } from '../adapters/container/podman/images.ts';
import {
  type EngineSource,
  engineExists,
  openEngine,
  type OpenedEngine,
} from '../adapters/container/podman/open-engine.ts';
import { engineFacts } from '../adapters/container/podman/podman-engine.ts';
import type { EngineCommand } from '../adapters/container/podman/client.ts';
import {
  removeAllContainers,
  resetEngine,
  stopPause,
} from '../adapters/container/podman/reset-engine.ts';

const help = `Usage: engine.ts COMMAND

Looks after the private container engine of a node.

Commands:
  probe                   find out what works here; facts, flags and problems as JSON; exit 1 when nothing does
  has-image REF           exit 0 when the storage has the image, else 1
  import-image TAR REF [--env NAME=VALUE]... [--label NAME=VALUE]... [--workdir DIR]
                          make an image of a root file system
  run-flags               the engine's program and global flags as a JSON array
  clean [--slug S]        remove the containers of one node, or of all
  reset                   remove the engine's storage completely

Variables: CYNODE_STATE_DIR (default /var/lib/cynode/state), CYNODE_RUN_DIR, XDG_RUNTIME_DIR.
`;

const exitCodeUsage = 2;

class UsageError extends Error {}

const schema = schemaOf(engineEnvironment);

const optionsConfig = {
  env: { type: 'string', multiple: true },
  label: { type: 'string', multiple: true },
  workdir: { type: 'string' },
  slug: { type: 'string' },
  help: { type: 'boolean' },
} as const;

type Parsed = ReturnType<
  typeof parseArgs<{ options: typeof optionsConfig; allowPositionals: true }>
>;

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function complain(engine: OpenedEngine): number {
  for (const { message, fix } of engine.problems) process.stderr.write(`${message}; ${fix}\n`);
  return 1;
}

function operands(parsed: Parsed, count: number): readonly string[] {
  const found = parsed.positionals.slice(1);
  if (found.length !== count) throw new UsageError(`expected ${count} operand(s)`);
  return found;
}

function assignments(entries: readonly string[] | undefined): readonly string[] {
  const wrong = entries?.find((entry) => !/^[A-Za-z_][A-Za-z0-9_.-]*=[^\n"\\]*$/.test(entry));
  if (wrong !== undefined)
    throw new UsageError(`${wrong} must be NAME=VALUE on one line without quotes and backslashes`);
  return entries ?? [];
}

async function probe(source: EngineSource): Promise<number> {
  const engine = await openEngine(source);
  const { usable, problems } = engine;
  print({
    ...(usable && { facts: engineFacts(usable.profile), flags: usable.command.flags }),
    problems,
  });
  return usable === undefined ? complain(engine) : 0;
}

async function withEngine(
  source: EngineSource,
  action: (command: EngineCommand) => Promise<number>,
): Promise<number> {
  const engine = await openEngine(source);
  return engine.usable === undefined ? complain(engine) : action(engine.usable.command);
}

async function importOne(source: EngineSource, parsed: Parsed): Promise<number> {
  const [archive = '', ref = ''] = operands(parsed, 2);
  const { env, label, workdir } = parsed.values;
  const options = { env: assignments(env), labels: assignments(label), workdir };
  return withEngine(source, async (command) => {
    await importImage(command, resolve(archive), ref, options);
    return 0;
  });
}

async function clean(source: EngineSource, slug: string | undefined): Promise<number> {
  if (!(await engineExists(source))) return 0;
  const engine = await openEngine(source);
  if (engine.usable === undefined) return complain(engine);
  if (slug !== undefined) {
    for (const name of await removeContainers(engine.usable.command, slug)) {
      process.stdout.write(`${name}\n`);
    }
    return 0;
  }
  await removeAllContainers(engine.usable.command);
  await stopPause(engine.paths);
  return 0;
}

async function reset(source: EngineSource): Promise<number> {
  if (await engineExists(source)) await resetEngine(await openEngine(source));
  return 0;
}

async function dispatch(source: EngineSource, parsed: Parsed): Promise<number> {
  const name = parsed.positionals[0] ?? '';
  switch (name) {
    case 'probe':
      return probe(source);
    case 'has-image': {
      const [ref = ''] = operands(parsed, 1);
      return withEngine(source, async (command) => ((await hasImage(command, ref)) ? 0 : 1));
    }
    case 'import-image':
      return importOne(source, parsed);
    case 'run-flags':
      return withEngine(source, async (command) => {
        print([command.program, ...command.flags]);
        return 0;
      });
    case 'clean':
      return clean(source, parsed.values.slug);
    case 'reset':
      return reset(source);
    default:
      throw new UsageError(name === '' ? 'a command is missing' : `there is no command ${name}`);
  }
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const parsed = parseArgs({ args: [...argv], options: optionsConfig, allowPositionals: true });
    if (parsed.values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    const env = parseEnv(schema, readEnv());
    const source = {
      stateDir: env.CYNODE_STATE_DIR ?? defaultStateDir,
      runDir: env.CYNODE_RUN_DIR,
      xdgRuntimeDir: env.XDG_RUNTIME_DIR,
    };
    return await dispatch(source, parsed);
  } catch (error) {
    const usage =
      error instanceof UsageError ||
      (error instanceof Error &&
        'code' in error &&
        String(error.code).startsWith('ERR_PARSE_ARGS'));
    process.stderr.write(usage ? `${messageOf(error)}\n\n${help}` : `${messageOf(error)}\n`);
    return usage ? exitCodeUsage : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
