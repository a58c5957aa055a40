import { resolve } from 'node:path';
import { LauncherError } from '../base/launcher-error.ts';
import { readOwnFiles } from '../install/certificates.ts';
import { type Install, storeChoices } from '../install/install.ts';
import { parseListenChoice } from '../install/listen-choice.ts';
import { requireOwnAddress } from '../stack/require-far-doors.ts';

/** `--listen` and what belongs to it. */
export interface ListenFlags {
  readonly listen?: string;
  readonly name?: readonly string[];
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly insecureHttp?: boolean;
}

/**
 * The install as it is to be reached from other machines, which later starts keep.
 * @throws LauncherError `usage`; `setup` for an address of another machine
 */
export async function rememberListen(install: Install, flags: ListenFlags): Promise<Install> {
  const { listen: text, name = [], tlsCert, tlsKey, insecureHttp } = flags;
  const given = [name.length > 0, tlsCert, tlsKey, insecureHttp].some(Boolean);
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new LauncherError('usage', '--tls-cert and --tls-key belong together');
  }
  if (text === undefined) {
    if (!given) return install;
    throw new LauncherError(
      'usage',
      '--name, --tls-cert, --tls-key and --insecure-http need --listen ADDRESS',
    );
  }
  const files =
    tlsCert === undefined || tlsKey === undefined
      ? undefined
      : { file: resolve(tlsCert), key: resolve(tlsKey) };
  if (files !== undefined) readOwnFiles(files);
  const listen =
    text === 'off' ? undefined : parseListenChoice(text, name, files, insecureHttp === true);
  // Before it is kept: every later start would be refused for it.
  if (listen !== undefined) await requireOwnAddress(listen);
  return storeChoices(install, { listen });
}

/** Where the stack that runs is not started anew after all, it stays as it was chosen before. */
export async function orBefore(before: Install, replace: () => Promise<void>): Promise<void> {
  try {
    await replace();
  } catch (error) {
    await storeChoices(before, { listen: before.listen });
    throw error;
  }
}
