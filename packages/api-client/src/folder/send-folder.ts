import { type CreateTaskRequest, gatewayRoutes } from '@cynodeai/contracts/gateway';
import type { Env } from '@cynodeai/runtime/config';
import type { GatewayClient } from '../gateway-client.ts';
import { GatewayError } from '../gateway-error.ts';
import type { TaskInput } from '../task-input/read-task-input.ts';
import { KnownFolders } from './known-folders.ts';
import type { LocalFolder } from './local-folder.ts';

export interface SendFolderOptions {
  readonly env: Env;
  readonly signal?: AbortSignal;
  /** It is not there yet, and is sent now. */
  readonly onSend?: (folder: LocalFolder) => void;
}

/** Longest time an upload may stand still. See docs/reference/cli.md#requests. */
const uploadStallMs = 60_000;

/** Whether the gateway has it for this user. */
async function isThere(
  client: GatewayClient,
  folder: string,
  signals: { readonly signal?: AbortSignal },
): Promise<boolean> {
  try {
    await client.call(gatewayRoutes.getFolder, { params: { folder }, ...signals });
    return true;
  } catch (error) {
    if (error instanceof GatewayError && error.status === 404) return false;
    throw error;
  }
}

/**
 * Brings a folder to the gateway, unless it is there: the same content is sent once. Answers its name, for a task.
 * See docs/reference/folders.md#the-archive. @throws GatewayError; FolderError when it changed while it was read
 */
async function sendFolder(
  client: GatewayClient,
  local: LocalFolder,
  { env, signal, onSend }: SendFolderOptions,
): Promise<string> {
  const signals = signal === undefined ? {} : { signal };
  const known = new KnownFolders(env);
  const before = await known.find(local);
  if (before !== undefined && (await isThere(client, before, signals))) return before;
  onSend?.(local);
  const readMs = Date.now();
  const { folder } = await client.call(gatewayRoutes.createFolder, {
    content: {
      // A call that is made again reads it again.
      chunks: { [Symbol.asyncIterator]: () => local.chunks()[Symbol.asyncIterator]() },
      sizeBytes: local.sizeBytes,
    },
    stallMs: uploadStallMs,
    ...signals,
  });
  await known.keep(local, folder, readMs);
  return folder;
}

/** The body of a new task, whose folder, if it has one, is at the gateway then. @throws as `sendFolder` */
export async function bodyWithFolder(
  client: GatewayClient,
  { body, folder }: Pick<TaskInput, 'body' | 'folder'>,
  options: SendFolderOptions,
): Promise<CreateTaskRequest> {
  if (folder === undefined) return body;
  return { ...body, folder: await sendFolder(client, folder, options) };
}
