import { z } from 'zod';

/** What the probe decided: which engine parts work on this host and with which options. */
export const engineProfileSchema = z.strictObject({
  version: z.string(),
  rootless: z.boolean(),
  rootlessSupported: z.boolean(),
  cgroupVersion: z.enum(['v1', 'hybrid', 'v2']),
  runtime: z.string(),
  cgroupManager: z.enum(['cgroupfs', 'systemd']),
  /** Name of the storage and of its folder. */
  storage: z.enum(['overlay', 'fuse-overlayfs', 'vfs']),
  /** Path of the program that mounts, for `fuse-overlayfs`. */
  mountProgram: z.string().optional(),
  /** Without subordinate ids every file of an image belongs to the one mapped user. */
  ignoreChownErrors: z.boolean(),
  privateCgroups: z.boolean(),
  init: z.boolean(),
  /** Files are relabelled for SELinux. */
  relabel: z.boolean(),
  /** `NAME=LIMIT`: the host's ceiling or the user's, not a limit per sandbox. */
  ulimits: z.array(z.string()),
  /**
   * Ids that are mapped into a user namespace of a sandbox's own, each to itself: what the kernel counts per user it
   * counts apart there. Only of a rootless engine, whose sandboxes are all of one user.
   */
  ownNamespace: z
    .strictObject({
      uids: z.int().min(1),
      gids: z.int().min(1),
      /** How many processes a job may have there. */
      processes: z.int().min(1).optional(),
    })
    .optional(),
  /** Why no sandbox can be given a way to a model. */
  wayObstacle: z.string().optional(),
});

export type EngineProfile = z.infer<typeof engineProfileSchema>;

/** Something the operator should know; with `fatal` the engine cannot be used. */
export interface EngineProblem {
  readonly code: string;
  readonly message: string;
  readonly fix: string;
}
