import process from 'node:process';
import { parseArgs } from 'node:util';
import { resolve } from 'node:path';
import { type Env, parseEnv, readEnv, schemaOf } from '@cynodeai/runtime/config';
import { engineEnvironment } from '@cynodeai/runtime/environment/node';
import { createLog } from '@cynodeai/runtime/observe';
import { errorCodeOf, messageOf } from '@cynodeai/runtime/std';
import { dockerTool } from '../adapters/container/docker/engine-tool.ts';
import type { EngineTool } from '../adapters/container/shared/engine-tool.ts';
import { podmanTool } from '../adapters/container/podman/engine-tool.ts';
import { ceilingWish, defaultConcurrency, defaultStateDir } from '../adapters/startup/settings.ts';

const help = `Usage: engine.ts COMMAND

Looks after the container engine of a node: its private Podman, or the Docker daemon of this machine.

Commands:
  probe                   find out what works here; facts, flags and problems as JSON; exit 1 when nothing does
  has-image REF           exit 0 when the storage has the image, else 1
  import-image TAR REF [--env NAME=VALUE]... [--label NAME=VALUE]... [--workdir DIR]
                          make an image of a root file system
  tag-image REF NAME      give an image another name
  list-images BEGINNING   names, sizes and labels of the images whose names begin so as JSON
  remove-image REF        take an image its name; exit 1 when there is none of it
  run-flags               the engine's program and global flags as a JSON array
  clean [--slug S]        remove the containers of one node, or of all of the private engine
  reset [--slug S]        remove the private engine's storage completely; of a daemon the containers of one node

Variables: ${Object.keys(engineEnvironment).join(', ')}.
CYNODE_STATE_DIR is ${defaultStateDir} by default.
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

async function probe(tool: EngineTool): Promise<number> {
  const found = await tool.probe();
  print(found);
  if (found.facts !== undefined) return 0;
  for (const { message, fix } of found.problems) process.stderr.write(`${message}; ${fix}\n`);
  return 1;
}

async function importOne(tool: EngineTool, parsed: Parsed): Promise<number> {
  const [archive = '', ref = ''] = operands(parsed, 2);
  const { env, label, workdir } = parsed.values;
  const options = { env: assignments(env), labels: assignments(label), workdir };
  await tool.importImage(resolve(archive), ref, options);
  return 0;
}

async function clean(tool: EngineTool, slug: string | undefined): Promise<number> {
  for (const name of await tool.clean(slug)) process.stdout.write(`${name}\n`);
  return 0;
}

async function dispatch(tool: EngineTool, parsed: Parsed): Promise<number> {
  const name = parsed.positionals[0] ?? '';
  const { slug } = parsed.values;
  switch (name) {
    case 'probe':
      return probe(tool);
    case 'has-image': {
      const [ref = ''] = operands(parsed, 1);
      return (await tool.hasImage(ref)) ? 0 : 1;
    }
    case 'import-image':
      return importOne(tool, parsed);
    case 'tag-image': {
      const [ref = '', name = ''] = operands(parsed, 2);
      await tool.tagImage(ref, name);
      return 0;
    }
    case 'list-images': {
      const [beginning = ''] = operands(parsed, 1);
      print(await tool.listImages(beginning));
      return 0;
    }
    case 'remove-image': {
      const [ref = ''] = operands(parsed, 1);
      return (await tool.removeImage(ref)) ? 0 : 1;
    }
    case 'run-flags':
      print(await tool.invocation());
      return 0;
    case 'clean':
      return clean(tool, slug);
    case 'reset':
      await tool.reset(slug);
      return 0;
    default:
      throw new UsageError(name === '' ? 'a command is missing' : `there is no command ${name}`);
  }
}

/** The engine the environment names. */
function toolOf(env: Env): EngineTool {
  const read = parseEnv(schema, env);
  const stateDir = read.CYNODE_STATE_DIR ?? defaultStateDir;
  const ceiling = { ...ceilingWish(read), maxConcurrency: defaultConcurrency };
  if (read.CONTAINER_RUNTIME === 'docker') {
    // Standard output is for what was asked.
    const log = createLog({ service: 'engine', descriptor: 2 });
    return dockerTool({ stateDir, dockerHost: read.DOCKER_HOST, ceiling }, log);
  }
  const { CYNODE_RUN_DIR: runDir, XDG_RUNTIME_DIR: xdgRuntimeDir } = read;
  return podmanTool({ stateDir, runDir, xdgRuntimeDir, ceiling });
}

async function main(argv: readonly string[]): Promise<number> {
  try {
    const parsed = parseArgs({ args: [...argv], options: optionsConfig, allowPositionals: true });
    if (parsed.values.help === true) {
      process.stdout.write(help);
      return 0;
    }
    return await dispatch(toolOf(readEnv()), parsed);
  } catch (error) {
    const usage =
      error instanceof UsageError || errorCodeOf(error)?.startsWith('ERR_PARSE_ARGS') === true;
    process.stderr.write(usage ? `${messageOf(error)}\n\n${help}` : `${messageOf(error)}\n`);
    return usage ? exitCodeUsage : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
