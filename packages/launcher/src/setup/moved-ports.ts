import { defaultPorts } from '@cynodeai/contracts/common';
import { type Install, findInstallAt } from '../install/install.ts';
import { canAsk, ask } from '../terminal/ask.ts';
import type { Progress } from '../terminal/progress.ts';
import type { Env } from '@cynodeai/runtime/config';

/** What the command line says about ports: `auto` takes others where the install's are taken. */
export type PortsChoice = 'auto';

interface MoveOptions {
  readonly env: Env;
  readonly ports: PortsChoice | undefined;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

/** Whether the install may move to other ports: said beforehand, else asked where there is a person. */
export function agreesToMove({
  env,
  ports,
  progress,
  signal,
}: MoveOptions): (held: string) => Promise<boolean> {
  return async (held) => {
    if (ports === 'auto') return true;
    if (!canAsk(env)) return false;
    progress.done();
    return ask(
      `${held}. Take other ports, now and later? Clients and nodes elsewhere have to be told.`,
      signal,
      false,
    );
  };
}

/**
 * The install as it was started, and a word where its gateway is not at the port it is expected at.
 * @param before the install before its start
 */
export function placedInstall(before: Install, progress: Progress): Install {
  const install = findInstallAt(before.paths.home) ?? before;
  const expected = before.served ? before.ports.userGateway : defaultPorts.userGateway;
  if (install.ports.userGateway !== expected) {
    const why = before.served ? 'as agreed' : `because its ports beside ${expected} were taken`;
    progress.note(
      `the gateway of this install is at ${install.gatewayUrl}, now and later, and not at port ${expected}, ${why}`,
    );
  }
  return install;
}
