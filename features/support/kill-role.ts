import { at } from '@cynodeai/runtime/std';
import assert from 'node:assert/strict';
import process from 'node:process';
import type { StackWorld } from './stack-world.ts';

/** Kills the process of a role, as `status` tells it. */
export async function killRole(stack: StackWorld, role: string): Promise<void> {
  const status = await stack.status();
  const roles = at(status, 'roles');
  const found = Array.isArray(roles)
    ? roles.find((entry) => [at(entry, 'name'), at(entry, 'role')].includes(role))
    : undefined;
  const pid = Number(at(found, 'pid') ?? at(found, 'process', 'pid'));
  assert.ok(pid > 1, `${role} runs: ${JSON.stringify(status)}`);
  process.kill(pid, 'SIGKILL');
}
