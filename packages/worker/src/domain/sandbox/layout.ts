/** Paths and ids every sandbox sees. See docs/reference/sandbox.md. */
export const sandboxLayout = {
  workspaceDir: '/workspace',
  jobDir: '/job',
  artifactsDir: '/job/artifacts',
  /** Where a job with inference finds the model service. */
  modelUrl: 'http://localhost:11434',
  /** User and group of a job under a rootful engine; owns the workspace. */
  rootfulUid: 65_532,
} as const;
