import type { LocalInstall } from '@cynodeai/api-client/local-install';
import {
  defaultGatewayUrl,
  defaultPorts,
  isOnThisHost,
  isServiceUrl,
  serviceUrlRule,
} from '@cynodeai/contracts/common';
import { CliError } from '../base/cli-error.ts';
import type { StoredConfig } from './config-document.ts';
import { authorityOf, gatewayNamed, localContext } from './contexts.ts';

/** Who named the gateway: `install` and `default` say that nobody did. */
export type TargetSource = 'flag' | 'context' | 'environment' | 'file' | 'install' | 'default';

/** The gateway of this process. */
export interface GatewayTarget {
  readonly url: string;
  /** Scheme, host and port. */
  readonly origin: string;
  readonly source: TargetSource;
  /** The install of this user whose gateway is at the address; it has to prove that it is. */
  readonly install?: LocalInstall;
  /** The authority its certificate has to come from, PEM; absent: one of the system's. */
  readonly authority?: string;
}

export interface TargetOptions {
  /** `--gateway` */
  readonly flag: string | undefined;
  /** `--context` */
  readonly context: string | undefined;
  /** `CYNORK_GATEWAY_URL` */
  readonly environment: string | undefined;
  readonly file: StoredConfig;
  readonly install: LocalInstall | undefined;
}

/** At the default port it goes by the default address, which people log in to. */
function addressOfInstall({ port }: LocalInstall): string {
  return port === defaultPorts.userGateway ? defaultGatewayUrl : `http://127.0.0.1:${port}`;
}

function named({ flag, context, environment, file, install }: TargetOptions) {
  if (flag !== undefined) return { url: flag, source: 'flag', what: '--gateway' } as const;
  if (context === localContext || (context === undefined && !environment && !file.gatewayUrl)) {
    return install === undefined
      ? ({ url: defaultGatewayUrl, source: 'default', what: '' } as const)
      : ({ url: addressOfInstall(install), source: 'install', what: '' } as const);
  }
  if (context !== undefined) {
    const what = `the gateway_url of context ${context}`;
    return { url: gatewayNamed(context, file).url, source: 'context', what } as const;
  }
  if (environment) {
    return { url: environment, source: 'environment', what: 'CYNORK_GATEWAY_URL' } as const;
  }
  return { url: file.gatewayUrl ?? '', source: 'file', what: 'gateway_url' } as const;
}

/**
 * `--gateway` or `--context`, else environment, else file, else the install of this machine, else the default.
 * @throws CliError `usage`. See docs/reference/cli.md#gateway-address.
 */
export function resolveTarget(options: TargetOptions): GatewayTarget {
  const { install } = options;
  const { url, source, what } = named(options);
  if (!isServiceUrl(url))
    throw new CliError('usage', `${what} ${serviceUrlRule}, such as ${defaultGatewayUrl}`);
  const { origin, protocol, port } = new URL(url);
  const isInstalls =
    install !== undefined &&
    protocol === 'http:' &&
    isOnThisHost(url) &&
    Number(port || 80) === install.port;
  const authority = authorityOf(options.file, url);
  return {
    url,
    origin,
    source,
    ...(isInstalls && { install }),
    ...(authority !== undefined && { authority }),
  };
}
