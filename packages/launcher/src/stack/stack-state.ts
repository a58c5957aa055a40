import { writeFileAtomicSync } from '@cynodeai/runtime/files';
import { parseJsonOr } from '@cynodeai/runtime/std';
import { rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { listenChoiceSchema } from '../install/listen-choice.ts';
import { inferencePathSchema } from '../install/inference-settings.ts';
import { readIfThere } from '../install/files.ts';

const identitySchema = z.object({
  pid: z.int().positive(),
  startTicks: z.number(),
  boot: z.string().optional(),
});

const roleStateSchema = z.object({
  /** As the row is called; a stack of another version may have others. */
  name: z.string().min(1),
  phase: z.enum(['starting', 'running', 'restarting', 'stopped']),
  process: identitySchema.optional(),
  since: z.iso.datetime(),
  restarts: z.int().nonnegative(),
  /** Ends since it last ran for a minute. */
  failuresInARow: z.int().nonnegative().default(0),
  /** How long it may take to stop, ms. */
  stopMs: z.int().positive().optional(),
  /** How it ended last time. */
  lastEnd: z.string().optional(),
});

const stackStateSchema = z.object({
  version: z.literal(1),
  supervisor: identitySchema,
  /** Version of the checkout the stack was started from. */
  stamp: z.string(),
  startedAt: z.iso.datetime(),
  gatewayUrl: z.string(),
  controlPlaneUrl: z.string(),
  workerUrl: z.string(),
  /** Its gateway and its control plane can prove whose they are. */
  proves: z.boolean().default(false),
  /** Where prompts get their answers in this stack. */
  inference: inferencePathSchema.default({ kind: 'none' }),
  /** Where other machines reach it. */
  listen: listenChoiceSchema.optional(),
  /** Marks of the variables it was started with. */
  variables: z.record(z.string(), z.string()).optional(),
  /** The state folder itself, which no copy of it is. */
  folder: z.object({ device: z.number(), inode: z.number() }).optional(),
  roles: z.array(roleStateSchema),
});

/** A role that ended this often without ever running for a minute will not come up by itself. */
const hopelessFailures = 3;

/** True when a role keeps ending, so that waiting for it is of no use. */
export function keepsFailing(role: RoleState): boolean {
  return role.failuresInARow >= hopelessFailures;
}

export type RoleState = z.infer<typeof roleStateSchema>;
/** What a supervisor says about the stack it runs; written on every change. */
export type StackState = z.infer<typeof stackStateSchema>;

/** The state in a text, or undefined when the text is not one: a leftover nobody can use. */
export function parseStackState(text: string): StackState | undefined {
  return stackStateSchema.safeParse(parseJsonOr(text)).data;
}

/** The folder of a file, told apart from every copy of it; moved on its disk it stays the same. */
function folderOf(path: string): StackState['folder'] {
  const { dev, ino } = statSync(dirname(path));
  return { device: dev, inode: ino };
}

/**
 * What a supervisor of this state folder said. What lies in a copy of a state folder is about the processes of the
 * original: it is none.
 */
export function readStackState(path: string): StackState | undefined {
  const text = readIfThere(path);
  const state = text === undefined ? undefined : parseStackState(text);
  if (state?.folder === undefined) return state;
  return isDeepStrictEqual(state.folder, folderOf(path)) ? state : undefined;
}

export function writeStackState(path: string, state: StackState): void {
  const told = { ...state, folder: folderOf(path) };
  writeFileAtomicSync(path, `${JSON.stringify(told, undefined, 2)}\n`);
}

export function forgetStackState(path: string): void {
  rmSync(path, { force: true });
}
