/** Paths and ids every sandbox sees. Contract 03 sections 6.2, 6.3 and 6.6. */
export const sandboxLayout = {
  workspaceDir: '/workspace',
  jobDir: '/job',
  artifactsDir: '/job/artifacts',
  /** Where a job with inference finds the model service. */
  modelUrl: 'http://localhost:11434',
  /** User and group of a job under a rootful engine; owns the workspace. */
  rootfulUid: 65_532,
} as const;
