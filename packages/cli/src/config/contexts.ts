import { originOf } from './gateway-address.ts';
import type { StoredConfig } from './config-document.ts';

/** A gateway under a name. */
export interface NamedGateway {
  readonly name: string;
  readonly url: string;
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
  const named = [...contexts].map(([name, url]) => ({ name, url }));
  if (gatewayUrl === undefined || named.some(({ url }) => isSameGateway(url, gatewayUrl))) {
    return named;
  }
  const name = usualNameOf(gatewayUrl);
  return [...named.filter((one) => one.name !== name), { name, url: gatewayUrl }];
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
): readonly NamedGateway[] {
  const known = namedGateways(config);
  const own = known.find((one) => isSameGateway(one.url, url))?.name;
  const added = { name: name ?? own ?? usualNameOf(url), url };
  const others = known.filter((one) => one.name !== added.name && !isSameGateway(one.url, url));
  return [...others, added];
}

/** As the config file has them. */
export function contextsDocument(
  gateways: readonly NamedGateway[],
): Record<string, { gateway_url: string }> | undefined {
  if (gateways.length === 0) return undefined;
  return Object.fromEntries(gateways.map(({ name, url }) => [name, { gateway_url: url }]));
}
