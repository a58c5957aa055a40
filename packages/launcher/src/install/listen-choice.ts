import { isIP, isIPv6 } from 'node:net';
import { parseListenAddress } from '@cynodeai/runtime/config';
import { z } from 'zod';
import { LauncherError } from '../base/launcher-error.ts';
import { ownAddresses } from '../machine/own-addresses.ts';

const portSchema = z.int().min(1).max(65_534);

/** Where an install is reached from other machines. See docs/reference/machines.md#listen. */
export const listenChoiceSchema = z.object({
  /** An address of this machine, or the one that stands for all. */
  address: z.string().refine((text) => isIP(text) !== 0),
  /** Of the gateway; that of the control plane is the next one. */
  port: portSchema,
  /** Further names by which it is called. */
  names: z.array(z.string()).default([]),
  /** Files of one's own in place of the install's authority. */
  certificate: z.object({ file: z.string(), key: z.string() }).optional(),
  /** In the clear, at the ports of this machine, at every address. */
  insecure: z.boolean().default(false),
});

export type ListenChoice = z.infer<typeof listenChoiceSchema>;

/** Port of the gateway behind TLS where nobody says another. */
const defaultPort = 8443;

const isEvery = (address: string): boolean => ['0.0.0.0', '::'].includes(address);

const namePattern = /^(?=.{1,253}$)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)*$/;

/**
 * What `--listen` and its companions say.
 * @throws LauncherError `usage`
 */
export function parseListenChoice(
  text: string,
  names: readonly string[],
  certificate: ListenChoice['certificate'],
  insecure = false,
): ListenChoice {
  const bare = text.replace(/^\[([^\]]*)\]$/, '$1');
  const read = isIP(bare) === 0 ? parseListenAddress(text) : { host: bare, port: defaultPort };
  const wrongName = names.find((name) => isIP(name) === 0 && !namePattern.test(name));
  if (wrongName !== undefined) {
    throw new LauncherError('usage', `--name ${wrongName} is no host name`);
  }
  const choice = listenChoiceSchema.safeParse({
    address: read?.host,
    port: read?.port,
    names,
    ...(certificate && { certificate }),
    insecure,
  });
  if (insecure && (!isEvery(bare) || certificate !== undefined)) {
    throw new LauncherError(
      'usage',
      '--insecure-http is at every address and at the ports of the install: --listen 0.0.0.0 --insecure-http; without it other machines get TLS',
    );
  }
  if (choice.success) return choice.data;
  throw new LauncherError(
    'usage',
    `--listen takes an address of this machine, with a port or without: --listen 192.0.2.7, --listen 0.0.0.0:${defaultPort}, --listen '[2001:db8::7]:${defaultPort}'; --listen off ends it`,
  );
}

/** By what names and addresses other machines call it, the best one first. */
export function calledBy({ address, names }: ListenChoice): readonly string[] {
  const addresses = isEvery(address) ? ownAddresses() : [address];
  return [...new Set([...names, ...addresses])];
}

const bracketed = (host: string): string => (isIPv6(host) ? `[${host}]` : host);

/** Where others are let in behind TLS; undefined where they are not, or in the clear. */
export function securely(listen: ListenChoice | undefined): ListenChoice | undefined {
  return listen?.insecure === true ? undefined : listen;
}

/** Which of the two doors that other machines come to. */
export type FarDoor = 'user-gateway' | 'control-plane';

/** The port of a door. */
export const farPort = ({ port }: ListenChoice, door: FarDoor): number =>
  door === 'user-gateway' ? port : port + 1;

/** Where a door listens. */
export function farAddress(listen: ListenChoice, door: FarDoor): string {
  return `${bracketed(listen.address)}:${farPort(listen, door)}`;
}

/** How a door is called from another machine. @param host one of `calledBy`, or another that leads here */
export function farUrl(
  listen: ListenChoice,
  door: FarDoor,
  host: string = calledBy(listen)[0] ?? listen.address,
): string {
  return `https://${bracketed(host)}:${farPort(listen, door)}`;
}

/** How a server is called from another machine in the clear. */
export function plainUrl(listen: ListenChoice, port: number): string {
  return `http://${bracketed(calledBy(listen)[0] ?? listen.address)}:${port}`;
}
