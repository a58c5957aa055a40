/** Paths and ids every sandbox sees. See docs/reference/sandbox.md. */
export const sandboxLayout = {
  workspaceDir: '/workspace',
  jobDir: '/job',
  artifactsDir: '/job/artifacts',
  secretsDir: '/run/secrets',
  /** Where a job with inference finds the model service. */
  modelUrl: 'http://localhost:11434',
  /** User and group of a container that is no job's, under a rootful engine. */
  rootfulUid: 65_532,
  /** How many users there are for jobs under a rootful engine, each of whom owns the files of one job. */
  jobUsers: 65_536,
} as const;
