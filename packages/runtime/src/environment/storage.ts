import { z } from 'zod';
import { type Environment, secretField } from '../config/index.ts';

/** Variables of every role that holds the database. */
export const storageEnvironment = {
  DATABASE_URL: {
    field: secretField(),
    about: 'Address of PostgreSQL 16 or newer',
    required: true,
    secret: true,
  },
  MIGRATIONS_DIR: {
    field: z.string(),
    about: 'Folder with the files that make the database schema',
    unset: 'those of the orchestrator',
  },
  ARTIFACT_STORAGE_DIR: {
    field: z.string(),
    about: 'Folder of attachments and artifacts',
    default: './data/artifacts',
  },
} as const satisfies Environment;
