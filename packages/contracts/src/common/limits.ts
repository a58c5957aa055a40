const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Size and count limits of the wire, in bytes unless the name says otherwise.
 * See docs/reference/tasks-and-jobs.md#input-modes, docs/reference/tasks-and-jobs.md#create and
 * docs/reference/worker-api.md.
 */
export const limits = {
  /** Body of a request whose sender is not known yet, bytes: names and secrets. */
  openBodyBytes: 16 * 1024,
  promptBytes: MIB,
  scriptBytes: 256 * KIB,
  commandsBytes: 64 * KIB,
  attachmentCount: 16,
  attachmentBytes: 10 * MIB,
  attachmentNameBytes: 255,
  /** A whole multipart body, framing included. */
  multipartBytes: 165 * MIB,
  acceptanceCriteriaCount: 50,
  requestBodyBytes: 10 * MIB,
  headerBytes: 64 * KIB,
  outputStreamBytes: 256 * KIB,
  /** Of a stream that is longer, as much of its end is kept as well. */
  outputTailBytes: 64 * KIB,
  inputFileCount: 64,
  inputFilePathBytes: 512,
  /** All staged files of one job. */
  stagedJobBytes: 256 * MIB,
  /** Files, links and folders of a folder that a task is given; and its archive, whatever a setting allows. */
  folderEntries: 100_000,
  folderArchiveBytes: 8 * 1024 * MIB,
  /** Words behind a script or a command, and all of them together. */
  argumentCount: 1024,
  argumentsBytes: 96 * KIB,
  /** Files a job may leave in `/job/artifacts`, their names together, one of them, and all of them. */
  artifactCount: 10_000,
  artifactNamesBytes: MIB,
  artifactBytes: 10 * MIB,
  jobArtifactsBytes: 64 * MIB,
  /** Variables of a new task, one name (characters), and all names and values together. */
  envCount: 128,
  envNameChars: 255,
  envBytes: 256 * KIB,
  /** One secret, those of one user, those of a job, and all of a job together. */
  secretBytes: 32 * KIB,
  secretsPerUser: 100,
  secretsPerJob: 16,
  jobSecretsBytes: 128 * KIB,
  /** Workspaces of one user that are kept between tasks. */
  workspacesPerUser: 100,
  /** One argv element or environment string must stay below the kernel's 128 KiB; longer text travels as a file. */
  inlineTextBytes: 96 * KIB,
  taskNameChars: 63,
  indexedTextChars: 512,
  eventTextBytes: 16 * KIB,
  summaryChars: 4096,
  ackErrorBytes: 4 * KIB,
  requestIdChars: 128,
  idempotencyKeyChars: 255,
  pageMin: 1,
  pageMax: 200,
  pageDefault: 50,
  waitSecondsMax: 60,
} as const;

/** Job time limits in seconds. See docs/reference/worker-api.md#time-limits. */
export const jobTimeouts = {
  defaultSeconds: 3600,
  maxSeconds: 10_800,
  pullSeconds: 600,
  /**
   * Added to the job's limit for the dispatcher's HTTP deadline.
   * See docs/reference/leases.md#claim-and-send.
   */
  dispatchSlackSeconds: 630,
} as const;

/** Used shares of a disk: from `tight` on people are warned, from `full` on no new task is taken, so that others can end. */
export const diskShares = { tight: 0.8, full: 0.95 } as const;

/** How long a join token of a node is good, seconds. See docs/reference/machines.md#join. */
export const joinTokenTtl = {
  minSeconds: 10,
  defaultSeconds: 3600,
  maxSeconds: 7 * 24 * 3600,
} as const;
