import { nodeSlugSchema, defaultPorts } from '@cynodeai/contracts/common';
import { controlPlaneRoutes } from '@cynodeai/contracts/control-plane';
import type { CommandInput } from '@cynodeai/command-line/definition';
import { CallError, HttpClient, callRoute } from '@cynodeai/runtime/call';
import { messageOf } from '@cynodeai/runtime/std';
import { PeerError, pinnedCertificate } from '@cynodeai/runtime/tls';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { text as readAll } from 'node:stream/consumers';
import { LauncherError } from '../base/launcher-error.ts';
import { makePrivateDir } from '../install/files.ts';
import { type JoinToken, readJoinToken } from '../install/join-token.ts';
import { keepJoinedNode, readJoinedNode } from '../install/joined-node.ts';
import { homeDirOf } from '../install/paths.ts';
import { addressTowards } from '../machine/own-addresses.ts';
import type { CommandContext } from './command-context.ts';
import type { nodeJoinArgs, nodeJoinFlags } from './flags.ts';

const timeoutMs = 15_000;

/** What this machine trusts from then on; undefined: what the system does. */
async function authorityOf(
  { url, fingerprint }: JoinToken,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (fingerprint === undefined) return undefined;
  try {
    return await pinnedCertificate(new URL(url), fingerprint, { timeoutMs, signal });
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    const what =
      error.code === 'pin_mismatch'
        ? `${error.message}; it was told nothing; make a new token, and if this comes again somebody stands between`
        : `${error.message}; is its stack up, and is this address reachable from here?`;
    throw new LauncherError('setup', what, { cause: error });
  }
}

async function trade(
  { url: baseUrl, secret }: JoinToken,
  id: string,
  authority: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  const client = new HttpClient({
    ...(authority !== undefined && { trust: { certificates: authority } }),
  });
  const body = { version: 1, token: secret, node_slug: id } as const;
  try {
    const call = { client, baseUrl, timeoutMs, signal };
    const answer = await callRoute(controlPlaneRoutes.joinNode, { body }, call);
    return answer.body.registration_key;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    throw new LauncherError('setup', error.detail ?? error.message, { cause: error });
  } finally {
    await client.close();
  }
}

function idOf(text: string | undefined): string {
  const id = nodeSlugSchema.safeParse(text ?? hostname());
  if (id.success) return id.data;
  throw new LauncherError(
    'usage',
    'say how the node is called, in letters, digits and -: --id NAME',
  );
}

async function ownAddress(url: string, wanted: string | undefined): Promise<string> {
  if (wanted !== undefined) {
    if (isIP(wanted) !== 0) return wanted;
    throw new LauncherError('usage', '--address takes an IP address of this machine');
  }
  try {
    return await addressTowards(new URL(url), timeoutMs);
  } catch (cause) {
    const message = `no connection to ${new URL(url).host}: ${messageOf(cause)}; is its stack up, and is this address reachable from here?`;
    throw new LauncherError('setup', message, { cause });
  }
}

/** `node join TOKEN`: makes a node of this machine one of another's. See docs/reference/machines.md#join. */
export async function nodeJoin(
  { env, output, notes, signal }: CommandContext,
  { args, flags }: CommandInput<typeof nodeJoinArgs, typeof nodeJoinFlags>,
): Promise<number> {
  const word = args.token === '-' ? await readAll(process.stdin) : args.token;
  const token = readJoinToken(word, new Date());
  const id = idOf(flags.id);
  const home = resolve(flags.home ?? join(homeDirOf(env), 'joined'));
  if (readJoinedNode(home) !== undefined && flags.force !== true) {
    throw new LauncherError(
      'usage',
      `a node joined with ${home} already; for another: --home DIR; to replace it: --force`,
    );
  }
  makePrivateDir(home, process.getuid?.() ?? 0);
  const address = await ownAddress(token.url, flags.address);
  const authority = await authorityOf(token, signal);
  const key = await trade(token, id, authority, signal);
  const node = {
    version: 1,
    id,
    orchestrator: token.url,
    pinned: authority !== undefined,
    address,
    port: flags.port ?? defaultPorts.workerApi,
  } as const;
  keepJoinedNode(home, node, { key, authority });
  await output.text(`node_id=${id} orchestrator=${token.url} home=${home}\n`);
  await notes.text(`cynode: start it with: cynode serve node --home ${home}\n`);
  return 0;
}
