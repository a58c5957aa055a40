import { CliError } from '../base/cli-error.ts';
import type { ConfigFile } from './config-file.ts';
import {
  type NamedGateway,
  contextsDocument,
  currentGateway,
  gatewayNamed,
  isContextName,
  localContext,
  namedGateways,
  withGateway,
} from './contexts.ts';

/** The gateways of this user by name, in the config file. See docs/reference/cli.md#contexts. */
export class ContextStore {
  readonly #file: ConfigFile;

  constructor(file: ConfigFile) {
    this.#file = file;
  }

  /** Every gateway with a name, and which of them is in use; none when it is the local one. */
  async all(): Promise<{
    readonly gateways: readonly NamedGateway[];
    readonly current: NamedGateway | undefined;
  }> {
    const config = await this.#file.read();
    return { gateways: namedGateways(config), current: currentGateway(config) };
  }

  /** @throws CliError `usage` */
  async named(name: string): Promise<NamedGateway> {
    return gatewayNamed(name, await this.#file.read());
  }

  /**
   * Keeps a gateway, with the authority its certificate comes from where that is no matter of the system, and uses it
   * from now on. Call it under the lock of the file.
   */
  async keep(url: string, name: string | undefined, authority?: string): Promise<void> {
    const gateways = withGateway(await this.#file.read(), url, name, authority);
    await this.#file.edit({ gateway_url: url, contexts: contextsDocument(gateways) });
  }

  /** Uses a gateway from now on; the local one has no address in the file. Call it under the lock. @throws CliError `usage` */
  async use(name: string): Promise<void> {
    const gateways = namedGateways(await this.#file.read());
    const url = name === localContext ? undefined : (await this.named(name)).url;
    await this.#file.edit({ gateway_url: url, contexts: contextsDocument(gateways) });
  }

  /** Forgets a name. Call it under the lock. */
  async remove(name: string): Promise<void> {
    const gateways = namedGateways(await this.#file.read()).filter((one) => one.name !== name);
    await this.#file.edit({ contexts: contextsDocument(gateways) });
  }
}

/** @throws CliError `usage` for what no context may be called. */
export function requireContextName(name: string): void {
  if (isContextName(name)) return;
  const rule = `may have 1 to 128 letters, digits and ._:@-[], and is not ${localContext}`;
  throw new CliError('usage', `the name of a context ${rule}`);
}
