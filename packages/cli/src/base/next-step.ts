import { GatewayError } from '@cynodeai/api-client';
import { type TargetFlags, loginCommandOf } from './login-command.ts';

/** Groups that can list what they are about. */
const listed: readonly string[] = ['task', 'nodes', 'users', 'settings'];

/** What the failure of a command leaves to do, for a person at a terminal; undefined where the error says all. */
export function nextStep(
  error: unknown,
  {
    path,
    hasToken,
    named,
  }: {
    readonly path: readonly string[];
    readonly hasToken: boolean;
    readonly named: TargetFlags;
  },
): string | undefined {
  if (!(error instanceof GatewayError)) return undefined;
  const [group = ''] = path;
  const { code, status } = error;
  if (code === 'not_found' && listed.includes(group))
    return `see what there is: cynork ${group} list`;
  if (status === 401 && group !== 'auth') {
    const login = loginCommandOf(named);
    return hasToken
      ? `CYNORK_TOKEN holds that token: set it anew, or unset it and run: ${login}`
      : `log in again: ${login}`;
  }
  const isElsewhere = code === 'gateway' && (status === undefined || status < 400);
  if (!isElsewhere) return undefined;
  return 'start the gateway of this machine with: cynode up; name another with --gateway http://HOST:PORT';
}
