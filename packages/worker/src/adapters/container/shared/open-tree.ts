import { mustRun } from '@cynodeai/runtime/process';
import { removeTreeLimitMs } from './remove-tree.ts';

/**
 * Makes a tree readable for this process: it becomes its own, by root of an engine's user namespace where there is one.
 * Neither program follows a link. @throws CommandError when that fails
 */
export async function openTree(
  path: string,
  asEngineRoot?: (program: string, args: readonly string[]) => Promise<unknown>,
): Promise<void> {
  await asEngineRoot?.('chown', ['-hR', '0:0', '--', path]);
  await mustRun('chmod', ['-R', 'u+rwX', '--', path], { timeoutMs: removeTreeLimitMs });
}
