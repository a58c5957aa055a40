import { z } from 'zod';

/** Name of a workspace that is kept between tasks, unique per owner. See docs/reference/workspaces.md. */
export const workspaceNameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/,
    'must be 1 to 63 letters, digits, dots, dashes or underscores, a letter or digit first',
  );
