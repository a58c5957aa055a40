import { removeTreeLimitMs } from '../shared/remove-tree.ts';
import { callEngine, type EngineCommand } from './client.ts';
import type { EngineProfile } from './profile.ts';

/** Runs a program as root of a rootless engine's user namespace; undefined for an engine that has none. */
export function asEngineRoot(setting: {
  readonly command: EngineCommand;
  readonly profile: Pick<EngineProfile, 'rootless'>;
}): ((program: string, args: readonly string[]) => Promise<unknown>) | undefined {
  if (!setting.profile.rootless) return undefined;
  return (program, args) =>
    callEngine(setting.command, ['unshare', program, ...args], { timeoutMs: removeTreeLimitMs });
}
