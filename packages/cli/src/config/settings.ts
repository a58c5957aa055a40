import type { LocalInstall } from '@cynodeai/api-client/local-install';
import type { Env } from '@cynodeai/runtime/config';
import { Secret } from '@cynodeai/runtime/config';
import { type TargetFlags, loginCommandOf } from '../base/login-command.ts';
import type { StoredConfig } from './config-document.ts';
import { localContext } from './contexts.ts';
import { type GatewayTarget, resolveTarget } from './gateway-target.ts';

/** Config file and environment as they were when the process started. */
export interface Settings {
  /**
   * The gateway in use, or another one that is meant by its address.
   * @throws CliError `usage` when that is not a URL.
   */
  readonly target: (url?: string) => GatewayTarget;
  /** Where it is when no gateway is named. */
  readonly localUrl: string;
  /** `--context`: which one is meant, or what the gateway that is logged in to is to be called. */
  readonly contextName: string | undefined;
  /** What logs in to the gateway in use. */
  readonly loginCommand: string;
  /** Whether `CYNORK_GATEWAY_URL` names the gateway unless a flag does. */
  readonly hasEnvGateway: boolean;
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
export function mergeSettings(
  file: StoredConfig,
  env: Env,
  flags: TargetFlags,
  install: LocalInstall | undefined,
): Settings {
  const token = env['CYNORK_TOKEN'];
  const environment = env['CYNORK_GATEWAY_URL'];
  const { gateway: flag, context } = flags;
  const options = { flag, context, environment, file, install };
  return {
    target: (url) => resolveTarget({ ...options, flag: url ?? flag }),
    localUrl: resolveTarget({ ...options, flag: undefined, context: localContext }).url,
    contextName: context,
    loginCommand: loginCommandOf(flags),
    hasEnvGateway: Boolean(environment),
    activeProjectId: file.activeProjectId,
    envToken: token ? new Secret(token) : undefined,
  };
}
