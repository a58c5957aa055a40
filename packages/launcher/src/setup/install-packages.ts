import { readdirSync } from 'node:fs';
import process from 'node:process';
import type { ContainerEngine } from '@cynodeai/contracts/common';
import type { Env } from '@cynodeai/runtime/config';
import { type CommandResult, runCommand } from '@cynodeai/runtime/process';
import { LauncherError } from '../base/launcher-error.ts';
import { agreedBefore, ask, canAsk } from '../terminal/ask.ts';
import { cgroupsOf } from '../machine/cgroups.ts';
import { findProgram } from '../machine/find-program.ts';
import {
  installCommand,
  missingPackages,
  planPackages,
  requirementsOf,
  rootTestRequirements,
  testRequirements,
} from '../domain/packages.ts';

export interface SetupOptions {
  readonly env: Env;
  readonly yes: boolean;
  readonly signal: AbortSignal;
  readonly onStep: (what: string) => void;
  /** Also install what only the tests need. */
  readonly forTests?: boolean;
}

/** True when apt refuses because an installation was cut short, as by Ctrl-C at an earlier start. */
export function isHalfDone({
  exitCode,
  stderr,
}: Pick<CommandResult, 'exitCode' | 'stderr'>): boolean {
  return exitCode !== 0 && stderr.includes('dpkg --configure -a');
}

function apt(args: readonly string[], options: SetupOptions): Promise<CommandResult> {
  return system('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], options);
}

function system(
  program: string,
  args: readonly string[],
  options: SetupOptions,
): Promise<CommandResult> {
  const proxies = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => {
    const value = options.env[name] ?? options.env[name.toUpperCase()];
    return value === undefined ? [] : [[name, value] as const];
  });
  return runCommand(program, args, {
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      LC_ALL: 'C.UTF-8',
      DEBIAN_FRONTEND: 'noninteractive',
      ...Object.fromEntries(proxies),
    },
    timeoutMs: 900_000,
    signal: options.signal,
  });
}

function hasPackageLists(): boolean {
  try {
    return readdirSync('/var/lib/apt/lists').some((name) => name.includes('_Packages'));
  } catch {
    return false;
  }
}

/** Makes apt know what there is to install; does nothing when it does already. */
export async function ensurePackageLists(options: SetupOptions): Promise<void> {
  if (hasPackageLists() || process.getuid?.() !== 0) return;
  options.onStep('fetching the package lists (apt-get update)');
  await apt(['update'], options);
}

/** Installs system packages. @throws LauncherError `setup` with what apt said. */
export async function installPackages(
  packages: readonly string[],
  options: SetupOptions,
): Promise<void> {
  const args = ['install', '--no-install-recommends', '-y', ...packages];
  let result = await apt(args, options);
  if (isHalfDone(result) && !options.signal.aborted) {
    await system('dpkg', ['--configure', '-a'], options);
    result = await apt(args, options);
  }
  if (result.exitCode !== 0 && !options.signal.aborted) {
    // The lists may be older than what the mirror still has.
    await apt(['update'], options);
    result = await apt(args, options);
  }
  options.signal.throwIfAborted();
  if (result.exitCode === 0) return;
  const reason = result.stderr.trim().split('\n').slice(-3).join('\n  ');
  throw new LauncherError(
    'setup',
    `the packages could not be installed:\n  ${reason}\nrun this yourself: ${installCommand(packages, true)}`,
  );
}

/**
 * The packages to install now: none, or those that are missing and whose installation was agreed to.
 * @throws LauncherError `setup` or `declined` with the command to run instead.
 */
export async function agreeOnPackages(
  engine: ContainerEngine,
  options: SetupOptions,
): Promise<readonly string[]> {
  const root = process.getuid?.() === 0;
  const needed = [
    ...requirementsOf({ engine, unifiedCgroups: cgroupsOf() === 'unified' }),
    ...(options.forTests ? testRequirements : []),
    ...(options.forTests && root ? rootTestRequirements : []),
  ];
  const plan = planPackages({
    missing: missingPackages((program) => findProgram(program) !== undefined, needed),
    root,
    hasApt: findProgram('apt-get') !== undefined,
    agreed: agreedBefore(options.yes, options.env),
    canAsk: canAsk(options.env),
  });
  if (plan.kind === 'nothing') return [];
  const command = installCommand(plan.packages, root);
  if (plan.kind === 'tell') {
    throw new LauncherError(
      'setup',
      `these packages are missing: ${plan.packages.join(', ')} (${plan.reason}); run\n  ${command}`,
    );
  }
  const question = `Install ${plan.packages.join(', ')} with apt-get?`;
  if (plan.kind === 'ask' && !(await ask(question, options.signal))) {
    throw new LauncherError(
      'declined',
      `without these packages no sandbox can run; run\n  ${command}`,
    );
  }
  return plan.packages;
}
