import { sleep } from '@cynodeai/runtime/lifecycle';
import { messageOf } from '@cynodeai/runtime/std';
import { shownCertificates } from '@cynodeai/runtime/tls';
import { LauncherError } from '../base/launcher-error.ts';
import { currentCertificate, settleCertificates } from '../install/certificates.ts';
import { findInstall } from '../install/install.ts';
import {
  type FarDoor,
  type ListenChoice,
  calledBy,
  farUrl,
  securely,
} from '../install/listen-choice.ts';
import { runningStack } from '../stack/running-stack.ts';
import type { CommandContext } from './command-context.ts';

/** A server looks at its files every 2 s. */
const limitMs = 20_000;

/** Waits until a door shows this certificate. @throws LauncherError `stack` */
async function untilShown(
  listen: ListenChoice,
  door: FarDoor,
  fingerprint: string,
  signal: AbortSignal,
): Promise<void> {
  const url = new URL(farUrl(listen, door, calledBy({ ...listen, names: [] })[0]));
  const deadline = performance.now() + limitMs;
  let last = 'it shows the one before';
  while (performance.now() < deadline) {
    try {
      const [shown] = await shownCertificates(url, { timeoutMs: 3000, signal });
      if (shown?.fingerprint256 === fingerprint) return;
    } catch (error) {
      signal.throwIfAborted();
      last = messageOf(error);
    }
    await sleep(200, signal);
  }
  throw new LauncherError(
    'stack',
    `the ${door} did not take over its new certificate: ${last}; see its log, or restart it: cynode down, then cynode up`,
  );
}

/** `tls rotate`: other keys and certificates, under what runs. See docs/reference/machines.md#certificates. */
export async function tlsRotate({ env, output, signal }: CommandContext): Promise<number> {
  const install = findInstall(env);
  const listen = securely(install?.listen);
  if (install === undefined || listen === undefined) {
    throw new LauncherError(
      'setup',
      'this install has no certificates: it lets no other machine in behind TLS; cynode up --listen ADDRESS changes that',
    );
  }
  const { paths } = install;
  settleCertificates(paths, listen, { renew: true });
  for (const door of ['user-gateway', 'control-plane'] as const) {
    const certificate = currentCertificate(paths, door);
    if (certificate === undefined) continue;
    if (runningStack(install) !== undefined) {
      await untilShown(listen, door, certificate.fingerprint256, signal);
    }
    await output.text(
      `${door}: good until ${certificate.validToDate.toISOString()} sha256=${certificate.fingerprint256}\n`,
    );
  }
  return 0;
}
