import { isOnThisHost } from '@cynodeai/contracts/common';
import { hostname, userInfo } from 'node:os';

/** Who and where this is, as another machine would say it. */
export interface Here {
  readonly user: string;
  readonly host: string;
}

function plainOr(text: string, placeholder: string): string {
  return /^[\w.-]+$/.test(text) && !text.startsWith('-') ? text : placeholder;
}

/** This machine and this user; placeholders for what a shell would take apart. */
export function here(): Here {
  const user = ((): string => {
    try {
      return userInfo().username;
    } catch {
      // A user who is in no table.
      return '';
    }
  })();
  return { user: plainOr(user, 'USER'), host: plainOr(hostname(), 'HOST') };
}

/**
 * The line that logs in from another machine, ready to be pasted there. A gateway that listens on loopback alone is
 * reached through a tunnel; one behind TLS is known by its fingerprint, unless the system vouches for it. See docs/reference/cli.md#contexts.
 */
export function loginLine(gatewayUrl: string, { user, host }: Here, fingerprint?: string): string {
  const known = fingerprint === undefined ? '' : ` --fingerprint ${fingerprint}`;
  const login = `cynork auth login --user admin --gateway ${gatewayUrl}${known}`;
  if (!isOnThisHost(gatewayUrl)) return login;
  const { host: address, port } = new URL(gatewayUrl);
  return `ssh -o ExitOnForwardFailure=yes -fNL ${port}:${address} ${user}@${host} && ${login} --context ${host}`;
}
