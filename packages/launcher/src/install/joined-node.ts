import { join } from 'node:path';
import { nodeSlugSchema } from '@cynodeai/contracts/common';
import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { z } from 'zod';
import { LauncherError } from '../base/launcher-error.ts';
import { readIfThere } from './files.ts';

const joinedNodeSchema = z.object({
  version: z.literal(1),
  id: nodeSlugSchema,
  /** Of the control plane. */
  orchestrator: z.url(),
  /** Its certificate comes from the authority in the file beside. */
  pinned: z.boolean(),
  /** Address of this machine that the control plane calls, and the port there and on loopback. */
  address: z.string(),
  port: z.int().min(1).max(65_535),
});

/** A node of this machine that joined the control plane of another one. */
export type JoinedNode = z.infer<typeof joinedNodeSchema>;

/** Its files below its state folder. */
export function joinedPaths(home: string) {
  return {
    settings: join(home, 'join.json'),
    authority: join(home, 'orchestrator-ca.pem'),
    key: join(home, 'registration-key'),
  } as const;
}

/** The node that joined with this state folder; undefined when none did. @throws LauncherError `install` for a damaged file */
export function readJoinedNode(home: string): JoinedNode | undefined {
  const { settings } = joinedPaths(home);
  const text = readIfThere(settings);
  if (text === undefined) return undefined;
  const node = joinedNodeSchema.safeParse(parseJsonOr(text)).data;
  if (node !== undefined) return node;
  throw new LauncherError(
    'install',
    `${settings} is damaged; join again with a new token: cynode node join TOKEN`,
  );
}

/** Keeps what a node got for its token; the key is in a file of its own that only its user can read. */
export function keepJoinedNode(
  home: string,
  node: JoinedNode,
  { key, authority }: { readonly key: string; readonly authority: string | undefined },
): void {
  const paths = joinedPaths(home);
  writeFileAtomicSync(paths.key, key);
  if (authority !== undefined) writeFileAtomicSync(paths.authority, authority);
  writeFileAtomicSync(paths.settings, `${JSON.stringify(node, undefined, 2)}\n`);
}
