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

const usage = `usage: main.ts ROLE... [--migrate-only]; roles: ${Object.keys(roles).join(', ')}`;

interface CommandLine {
  readonly names: readonly string[];
  readonly migrateOnly: boolean;
}

function parseArguments(args: readonly string[]): CommandLine {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const flags = args.filter((arg) => arg.startsWith('--'));
  const unknown = [
    ...names.filter((name) => !(name in roles)),
    ...flags.filter((flag) => flag !== '--migrate-only'),
  ];
  if (unknown.length > 0)
    throw new ConfigError(`unknown argument: ${unknown.join(', ')}\n${usage}`);
  const migrateOnly = flags.length > 0;
  if (migrateOnly && !names.includes('control-plane')) {
    throw new ConfigError(`--migrate-only belongs to the role control-plane\n${usage}`);
  }
  if (names.length === 0) throw new ConfigError(`name at least one role\n${usage}`);
  return { names, migrateOnly };
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
  if (command.names.includes('control-plane')) {
    await migrateFirst(env, command.migrateOnly, scope);
    if (command.migrateOnly) process.exit(0);
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
