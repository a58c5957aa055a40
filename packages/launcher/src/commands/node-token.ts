import { joinTokenTtl } from '@cynodeai/contracts/common';
import { gatewayRoutes } from '@cynodeai/contracts/gateway';
import { parseDurationMs } from '@cynodeai/runtime/std';
import { LauncherError } from '../base/launcher-error.ts';
import { pinnedFingerprint } from '../install/certificates.ts';
import { findInstall } from '../install/install.ts';
import { writeJoinToken } from '../install/join-token.ts';
import { type ListenChoice, calledBy, farUrl, securely } from '../install/listen-choice.ts';
import type { CommandContext, FlagsOf } from './command-context.ts';
import type { nodeTokenFlags } from './flags.ts';
import { asLocalAdmin } from './local-admin.ts';

function secondsOf(text: string | undefined): number {
  if (text === undefined) return joinTokenTtl.defaultSeconds;
  const { minSeconds, maxSeconds } = joinTokenTtl;
  const seconds = Math.ceil((parseDurationMs(text, { days: true }) ?? 0) / 1000);
  if (seconds >= minSeconds && seconds <= maxSeconds) return seconds;
  throw new LauncherError('usage', '--ttl takes 10s to 7d, such as --ttl 15m');
}

function addressOf(choice: ListenChoice | undefined, wanted: string | undefined): string {
  const listen = securely(choice);
  if (listen === undefined) {
    throw new LauncherError(
      'setup',
      'this install lets no other machine in behind TLS, and a token goes over nothing else; let them in with: cynode up --listen ADDRESS',
    );
  }
  const known = calledBy(listen);
  const host = wanted ?? known[0];
  if (host !== undefined && known.includes(host)) return farUrl(listen, 'control-plane', host);
  throw new LauncherError(
    'usage',
    host === undefined
      ? 'this machine has no address that others can reach'
      : `the certificate is not for ${host}; it is for ${known.join(', ')}; for another: cynode up --listen ${listen.address} --name ${host}`,
  );
}

/** `node token`: prints a join token. See docs/reference/machines.md#join. */
export async function nodeToken(
  context: CommandContext,
  { flags }: { readonly flags: FlagsOf<typeof nodeTokenFlags> },
): Promise<number> {
  const ttl = secondsOf(flags.ttl);
  const install = findInstall(context.env);
  const listen = install?.listen;
  const url = addressOf(listen, flags.address);
  const fingerprint = install && listen && pinnedFingerprint(install.paths, listen);
  return asLocalAdmin(context, async (client) => {
    const body = { ttl_seconds: ttl };
    const made = await client.call(gatewayRoutes.inviteNode, { body });
    const { token: secret, expires_at: expires } = made;
    await context.output.text(
      `${writeJoinToken({ version: 1, url, fingerprint, secret, expires })}\n`,
    );
    await context.notes.text(
      `cynode: good once, until ${expires}; on the other machine: cynode node join TOKEN\n`,
    );
  });
}
