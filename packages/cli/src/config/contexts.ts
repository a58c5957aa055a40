import { originOf } from './gateway-address.ts';
import { CliError } from '../base/cli-error.ts';
import type { StoredConfig, StoredContext } from './config-document.ts';

/** A gateway under a name. */
export interface NamedGateway {
  readonly name: string;
  readonly url: string;
  /** What else the file says of it. */
  readonly kept?: StoredContext | undefined;
}

/** Stands for what is used where no gateway is named: the install of this machine, else the default address. */
export const localContext = 'local';

/** Letters, digits and what hosts and ports are written with. */
const namePattern = /^[\w.:@[\]-]{1,128}$/;

/** Whether a gateway may be called so. See docs/reference/cli.md#contexts. */
export function isContextName(name: string): boolean {
  return namePattern.test(name) && name !== localContext && !name.startsWith('-');
}

/** Host and port of an address, under which it is kept unless another name is given. */
function usualNameOf(url: string): string {
  const host = URL.parse(url)?.host ?? url;
  return host === localContext ? `${host}:` : host;
}

function isSameGateway(one: string, other: string): boolean {
  return originOf(one) !== undefined && originOf(one) === originOf(other);
}

/** The gateways the config file names, the one in use included when it has no name of its own. */
export function namedGateways({ contexts, gatewayUrl }: StoredConfig): readonly NamedGateway[] {
  const named = [...contexts].map(([name, kept]) => ({ name, url: kept.gateway_url, kept }));
  if (gatewayUrl === undefined || named.some(({ url }) => isSameGateway(url, gatewayUrl))) {
    return named;
  }
  const name = usualNameOf(gatewayUrl);
  return [...named.filter((one) => one.name !== name), { name, url: gatewayUrl }];
}

/** The gateway of that name. @throws CliError `usage` */
export function gatewayNamed(name: string, config: StoredConfig): NamedGateway {
  const found = namedGateways(config).find((one) => one.name === name);
  if (found !== undefined) return found;
  throw new CliError('usage', `no context ${name}; those there are: cynork context list`);
}

/** The named one among them that is in use; undefined when it is the local one. */
export function currentGateway(config: StoredConfig): NamedGateway | undefined {
  const { gatewayUrl } = config;
  if (gatewayUrl === undefined) return undefined;
  return namedGateways(config).find(
    ({ url }) => url === gatewayUrl || isSameGateway(url, gatewayUrl),
  );
}

/** The same gateways with one more, which replaces those of its name and its address. */
export function withGateway(
  config: StoredConfig,
  url: string,
  name: string | undefined,
  authority: string | undefined,
): readonly NamedGateway[] {
  const known = namedGateways(config);
  const own = known.find((one) => isSameGateway(one.url, url));
  const pinned = authority === undefined ? undefined : { gateway_url: url, authority };
  const kept = pinned === undefined ? own?.kept : { ...own?.kept, ...pinned };
  const added = { name: name ?? own?.name ?? usualNameOf(url), url, kept };
  const others = known.filter((one) => one.name !== added.name && !isSameGateway(one.url, url));
  return [...others, added];
}

/** Whom to believe behind TLS at an address: the authority that its gateway was known by, else the system's. */
export function authorityOf(config: StoredConfig, url: string): string | undefined {
  const known = namedGateways(config).find((one) => isSameGateway(one.url, url));
  return known?.kept?.authority || undefined;
}

/** As the config file has them. */
export function contextsDocument(
  gateways: readonly NamedGateway[],
): Record<string, StoredContext> | undefined {
  if (gateways.length === 0) return undefined;
  return Object.fromEntries(
    gateways.map(({ name, url, kept }) => [name, { ...kept, gateway_url: url }]),
  );
}
