import { defaultGatewayUrl, isServiceUrl, serviceUrlRule } from '@cynodeai/contracts/common';
import { CliError } from '../base/cli-error.ts';

/**
 * Environment, else file, else the default.
 * @throws CliError `usage`. See docs/reference/cli.md#gateway-address.
 */
export function resolveGatewayUrl(
  fromEnv: string | undefined,
  fromFile: string | undefined,
): string {
  const [value, source] = fromEnv ? [fromEnv, 'CYNORK_GATEWAY_URL'] : [fromFile, 'gateway_url'];
  if (value === undefined) return defaultGatewayUrl;
  if (isServiceUrl(value)) return value;
  throw new CliError('usage', `${source} ${serviceUrlRule}, such as ${defaultGatewayUrl}`);
}
