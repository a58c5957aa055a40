import { type Env, ConfigError, readEnv } from '@cynodeai/runtime/config';
import { type ProcessScope, runMain } from '@cynodeai/runtime/lifecycle';
import { createLog } from '@cynodeai/runtime/observe';
import process from 'node:process';

type StartRole = (env: Env, scope: ProcessScope) => Promise<unknown>;

/**
 * Roles this entry can host, loaded only when asked for.
 * See docs/reference/processes.md#roles-and-ports.
 */
const roles: Readonly<Record<string, () => Promise<StartRole>>> = {
  'control-plane': async () => {
    const { startControlPlane } = await import('./control-plane.ts');
    return (env, scope) => startControlPlane(env, scope, { migrated: true });
  },
  'mcp-gateway': async () => (await import('./mcp-gateway.ts')).startMcpGateway,
  'user-gateway': async () => (await import('./user-gateway.ts')).startUserGateway,
};

const usage = `usage: main.ts ROLE... [--migrate-only | --audit-export=FILE [--audit-since=TIME]]; roles: ${Object.keys(roles).join(', ')}`;

const flagNames = ['--migrate-only', '--audit-export', '--audit-since'];

interface CommandLine {
  readonly names: readonly string[];
  /** Value of each flag that is given; empty for one without. */
  readonly flags: ReadonlyMap<string, string>;
}

function parseArguments(args: readonly string[]): CommandLine {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const flags = new Map(
    args
      .filter((arg) => arg.startsWith('--'))
      .map((arg) => {
        const [name = '', ...value] = arg.split('=');
        return [name, value.join('=')];
      }),
  );
  const unknown = [
    ...names.filter((name) => !(name in roles)),
    ...[...flags.keys()].filter((flag) => !flagNames.includes(flag)),
  ];
  if (unknown.length > 0)
    throw new ConfigError(`unknown argument: ${unknown.join(', ')}\n${usage}`);
  const [flag] = flags.keys();
  if (flag !== undefined && !names.includes('control-plane')) {
    throw new ConfigError(`${flag} belongs to the role control-plane\n${usage}`);
  }
  if (names.length === 0) throw new ConfigError(`name at least one role\n${usage}`);
  return { names, flags };
}

/** Does what a flag asks for instead of serving; false when none does. */
async function doneAlone(env: Env, { flags }: CommandLine, scope: ProcessScope): Promise<boolean> {
  const path = flags.get('--audit-export');
  if (path === undefined) return false;
  if (path === '') throw new ConfigError(`--audit-export needs a file\n${usage}`);
  const { writeAuditExport } = await import('./audit-export.ts');
  await writeAuditExport(env, { path, since: flags.get('--audit-since') }, scope);
  return true;
}

/** The shared address variable can serve one role only; with several each is set by its own. */
function environmentOf(names: readonly string[]): Env {
  const env = readEnv();
  return names.length > 1 ? { ...env, LISTEN_ADDR: undefined } : env;
}

/** Migrations come first, before any other role looks at the schema; a faulty environment changes nothing. */
async function migrateFirst(env: Env, migrateOnly: boolean, scope: ProcessScope): Promise<void> {
  const { controlPlaneConfig, migrationConfig } = await import('./control-plane-config.ts');
  const { migrateDatabase } = await import('./control-plane.ts');
  await migrateDatabase(migrateOnly ? migrationConfig(env) : controlPlaneConfig(env), scope);
}

async function start(command: CommandLine, scope: ProcessScope): Promise<void> {
  const env = environmentOf(command.names);
  if (await doneAlone(env, command, scope)) process.exit(0);
  const migrateOnly = command.flags.has('--migrate-only');
  if (command.names.includes('control-plane')) {
    await migrateFirst(env, migrateOnly, scope);
    if (migrateOnly) process.exit(0);
  }
  const starts = await Promise.all(command.names.map((name) => loadRole(name)));
  // Nobody can log in before the control plane has made the first administrator, so other doors open after it.
  const first = command.names.indexOf('control-plane');
  const order = first === -1 ? starts : [...starts.splice(first, 1), ...starts];
  for (const start of order) await start(env, scope);
}

async function loadRole(name: string): Promise<StartRole> {
  const load = roles[name];
  if (load === undefined) throw new ConfigError(usage);
  const startRole = await load();
  return (env, scope) => startRole(env, { ...scope, log: scope.log.child({ role: name }) });
}

await runMain(createLog({ service: 'orchestrator' }), (scope) =>
  start(parseArguments(process.argv.slice(2)), scope),
);
