import type { Log } from '@cynodeai/runtime/observe';
import { messageOf } from '@cynodeai/runtime/std';
import { settleCertificates } from '../install/certificates.ts';
import { securely } from '../install/listen-choice.ts';
import type { Install } from '../install/install.ts';

/** Files of one's own are replaced by whoever renews them; addresses of a machine come and go. */
const everyMs = 60_000;

/**
 * Keeps the certificates of an install good for as long as its stack runs: before they end, when the machine gets
 * another address, and when files of one's own were replaced. See docs/reference/machines.md#certificates.
 * @returns what ends it
 */
export function keepCertificates({ paths, listen: choice }: Install, log: Log): () => void {
  const listen = securely(choice);
  if (listen === undefined) return () => {};
  const settle = (): void => {
    try {
      const renewed = settleCertificates(paths, listen);
      if (renewed.length > 0) log.info('certificates were made or taken over', { doors: renewed });
    } catch (error) {
      log.error('the certificates cannot be renewed', { reason: messageOf(error) });
    }
  };
  settle();
  const timer = setInterval(settle, everyMs);
  return () => clearInterval(timer);
}
