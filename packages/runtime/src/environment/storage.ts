import { serviceUrlSchema } from '@cynodeai/contracts/common';
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
  ARTIFACT_S3_ENDPOINT: {
    field: serviceUrlSchema,
    about: 'Address of an S3 service that takes new attachments, artifacts and folders',
    unset: 'they stay in `ARTIFACT_STORAGE_DIR`',
  },
  ARTIFACT_S3_BUCKET: {
    field: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be the name of a bucket'),
    about: 'Bucket there, called by path',
    unset: 'none',
  },
  ARTIFACT_S3_REGION: {
    field: z.string().regex(/^[a-z0-9-]{1,40}$/, 'must be the name of a region'),
    about: 'Region of the bucket',
    default: 'us-east-1',
  },
  ARTIFACT_S3_PREFIX: {
    field: z
      .string()
      .regex(/^[\w-]+(?:\/[\w-]+)*$/, 'must be letters, digits, _ and -, parts separated by /'),
    about: 'What keys of this install begin with, where it shares the bucket',
    unset: 'nothing',
  },
  ARTIFACT_S3_KEY_ID: {
    field: z.string().regex(/^[\x21-\x7e]{1,128}$/, 'must be the id of an access key'),
    about: 'Id of the access key',
    unset: 'none',
  },
  ARTIFACT_S3_SECRET_KEY: {
    field: secretField(),
    about: 'Secret of the access key',
    unset: 'the one in `ARTIFACT_S3_SECRET_KEY_FILE`',
    secret: true,
  },
  ARTIFACT_S3_SECRET_KEY_FILE: {
    field: z.string(),
    about: 'File with that secret',
    unset: '`ARTIFACT_S3_SECRET_KEY`',
  },
} as const satisfies Environment;
