import type { Notes } from '@cynodeai/command-line/output';
import type { Terminal } from '@cynodeai/command-line/terminal';
import { CliError } from '../base/cli-error.ts';
import type { GatewayTarget } from '../config/gateway-target.ts';

interface Asking {
  readonly terminal: Pick<Terminal, 'isInteractive' | 'ask'>;
  readonly notes: Pick<Notes, 'say'>;
  readonly signal: AbortSignal;
}

const timeoutMs = 10_000;

function fingerprintRule(): CliError {
  return new CliError(
    'usage',
    '--fingerprint takes the SHA-256 of a certificate, 64 hex digits, with an https --gateway',
  );
}

const compare = 'compare it with what cynode status prints on its machine';

/** What the person says to a certificate that nobody vouches for. @throws CliError `gateway` unless it is a yes */
async function askFor(
  host: string,
  fingerprint: string,
  { terminal, notes }: Asking,
): Promise<void> {
  const who = `the certificate of ${host} comes from nobody that is trusted here; its fingerprint is sha256 ${fingerprint}`;
  if (!terminal.isInteractive) {
    throw new CliError('gateway', `${who}; ${compare}, then say --fingerprint ${fingerprint}`);
  }
  await notes.say(who);
  const answer = await terminal.ask(`Go on with it (${compare})? [y/N]`);
  if (/^y(?:es)?$/i.test(answer?.trim() ?? '')) return;
  throw new CliError('gateway', 'nothing was sent');
}

/**
 * The authority that a gateway is to be known by from now on, PEM: of the fingerprint that was given, of one that a
 * person agrees to, or none where the system knows it. Nothing is trusted by itself at a first use.
 * See docs/reference/machines.md#certificates.
 * @throws CliError `usage`, `gateway`
 */
export async function authorityToTrust(
  { url, source, authority }: GatewayTarget,
  given: string | undefined,
  asking: Asking,
): Promise<string | undefined> {
  const address = new URL(url);
  if (given === undefined && (address.protocol !== 'https:' || authority !== undefined)) {
    return undefined;
  }
  const tls = await import('@cynodeai/runtime/tls');
  const { signal } = asking;
  const options = { timeoutMs, signal };
  try {
    if (given !== undefined) {
      const fingerprint = tls.readFingerprint(given);
      if (fingerprint === undefined || address.protocol !== 'https:' || source !== 'flag') {
        throw fingerprintRule();
      }
      return await tls.pinnedCertificate(address, fingerprint, options);
    }
    if (source !== 'flag' || (await tls.isTrusted(address, options))) return undefined;
    const top = (await tls.shownCertificates(address, options)).at(-1);
    if (top === undefined) return undefined;
    await askFor(address.host, tls.fingerprintOf(top), asking);
    return top.toString();
  } catch (cause) {
    if (!(cause instanceof tls.PeerError)) throw cause;
    const more = cause.code === 'pin_mismatch' ? '; nothing was sent' : '';
    throw new CliError('gateway', `${cause.message}${more}`, { cause });
  }
}
