const KIB = 1024;
const MIB = 1024 * KIB;

/** Size and count limits of the wire, in bytes unless the name says otherwise. Contract 01 section 4.3, 03 sections 5.4 to 5.7, 04 section 9.2. */
export const limits = {
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
  inputFileCount: 64,
  inputFilePathBytes: 512,
  /** All staged files of one job. */
  stagedJobBytes: 256 * MIB,
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

/** Job time limits in seconds. Contract 03 section 5.7. */
export const jobTimeouts = {
  defaultSeconds: 3600,
  maxSeconds: 10_800,
  pullSeconds: 600,
  /** Added to the job's limit for the dispatcher's HTTP deadline. Contract 01 section 5.4. */
  dispatchSlackSeconds: 630,
} as const;
