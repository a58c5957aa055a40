import type { Env } from '@cynodeai/runtime/config';
import { Secret } from '@cynodeai/runtime/config';
import type { StoredConfig } from './config-document.ts';
import { resolveGatewayUrl } from './gateway-url.ts';

/** Config file and environment as they were when the process started. */
export interface Settings {
  /** @throws CliError `usage` when the address in use is not a URL. */
  readonly gatewayUrl: () => string;
  readonly activeProjectId: string | undefined;
  /**
   * `CYNORK_TOKEN`; it overrides every stored token and is never written anywhere.
   * See docs/reference/cli.md#session-of-the-client.
   */
  readonly envToken: Secret | undefined;
}

/**
 * Merges file and environment; empty variables count as unset.
 * See docs/reference/cli.md#configuration.
 */
export function mergeSettings(file: StoredConfig, env: Env): Settings {
  const token = env['CYNORK_TOKEN'];
  return {
    gatewayUrl: () => resolveGatewayUrl(env['CYNORK_GATEWAY_URL'], file.gatewayUrl),
    activeProjectId: file.activeProjectId,
    envToken: token ? new Secret(token) : undefined,
  };
}
