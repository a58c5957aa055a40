import process from 'node:process';
import { messageOf } from '@cynodeai/runtime/std';
import { LauncherError, exitCodes } from './launcher-error.ts';

interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<(args: readonly string[]) => Promise<number>>;
}

/** Commands as data; only the one that is called is loaded. */
const commands: readonly CommandEntry[] = [
  {
    name: 'run',
    summary: 'run a task in a sandbox; sets up and starts what is missing',
    load: async () => (await import('./commands/run.ts')).run,
  },
  {
    name: 'up',
    summary: 'start the stack in the foreground; Ctrl-C stops it',
    load: async () => (await import('./commands/up.ts')).up,
  },
  {
    name: 'down',
    summary: 'stop everything of this install',
    load: async () => (await import('./commands/down.ts')).down,
  },
  {
    name: 'status',
    summary: 'roles, addresses, readiness with reasons',
    load: async () => (await import('./commands/status.ts')).status,
  },
  {
    name: 'doctor',
    summary: 'check every precondition and name the fix',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
  {
    name: 'test',
    summary: 'run all checks and test suites',
    load: async () => (await import('./commands/test.ts')).test,
  },
  {
    name: 'bench',
    summary: 'measure this checkout against anchors on this machine',
    load: async () => (await import('./commands/bench.ts')).bench,
  },
  {
    name: 'user',
    summary: 'add a user as the local administrator',
    load: async () => (await import('./commands/user.ts')).user,
  },
  {
    name: 'serve',
    summary: 'run single roles in the foreground: node, user-gateway, control-plane',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  {
    name: 'image',
    summary: 'build the sandbox image anew',
    load: async () => (await import('./commands/image.ts')).image,
  },
  {
    name: 'reset',
    summary: 'stop everything and delete this install with all its data',
    load: async () => (await import('./commands/reset.ts')).reset,
  },
];

function helpText(): string {
  const lines = commands.map((command) => `  ${command.name.padEnd(8)} ${command.summary}`);
  return `Usage: cynode COMMAND [OPTIONS]

CyNodeAI: tasks in sealed sandboxes, on this machine.

Commands:
${lines.join('\n')}

cynode COMMAND --help tells more; cynode --version the version.
State is kept in CYNODE_HOME, else ~/.local/state/cynode.
`;
}

async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined || ['help', '--help', '-h'].includes(name)) {
    const wanted = commands.find((command) => command.name === rest[0]);
    if (wanted !== undefined) return (await wanted.load())(['--help']);
    process.stdout.write(helpText());
    return 0;
  }
  if (name === '--version' || name === '-V') {
    const { productVersion } = await import('./product-version.ts');
    process.stdout.write(`${productVersion()}\n`);
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    throw new LauncherError('usage', `there is no command ${name}; see: cynode help`);
  }
  return (await command.load())(rest);
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof LauncherError)) return exitCodes.fault;
  if (error.code === 'usage') return exitCodes.usage;
  return error.code === 'interrupted' ? exitCodes.interrupted : exitCodes.fault;
}

// Whoever reads our output may stop reading.
process.stdout.on('error', () => process.exit(0));
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`cynode: ${messageOf(error)}\n`);
  if (!(error instanceof LauncherError) && error instanceof Error) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  process.exitCode = exitCodeOf(error);
}
