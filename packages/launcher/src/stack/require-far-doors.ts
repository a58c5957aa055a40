import { LauncherError } from '../base/launcher-error.ts';
import type { Install } from '../install/install.ts';
import { type FarDoor, type ListenChoice, farPort, securely } from '../install/listen-choice.ts';
import { ownAddresses } from '../machine/own-addresses.ts';
import { isPortFree, portHolder } from '../machine/port-probe.ts';

const doors: readonly FarDoor[] = ['user-gateway', 'control-plane'];

/** @throws LauncherError `setup` for an address that is none of this machine */
export async function requireOwnAddress({ address }: Pick<ListenChoice, 'address'>): Promise<void> {
  if (await isPortFree(0, address)) return;
  const known = ownAddresses().join(', ') || 'none that others can reach';
  throw new LauncherError(
    'setup',
    `${address} is no address of this machine; it has: ${known}; say one of them, or all of them: cynode up --listen 0.0.0.0`,
  );
}

/**
 * Sees that a stack which is to start can have its doors for other machines.
 * @throws LauncherError `setup` for an address of another machine, `port_busy` naming who has the port
 */
export async function requireFarDoors({ listen: choice }: Pick<Install, 'listen'>): Promise<void> {
  const listen = securely(choice);
  if (listen === undefined) return;
  const { address } = listen;
  await requireOwnAddress(listen);
  for (const door of doors) {
    const port = farPort(listen, door);
    if (await isPortFree(port, address)) continue;
    throw new LauncherError(
      'port_busy',
      `port ${port}, at which the ${door} lets other machines in, is held by ${portHolder(port)}; stop it, or take other ports: cynode up --listen ADDRESS:PORT`,
    );
  }
}
