const KIB = 1024;
const MIB = 1024 * KIB;

/** Bounds of tool calls, bytes unless the name says otherwise. See docs/reference/mcp.md#limits. */
export const toolLimits = {
  bodyBytes: 16 * MIB,
  argumentBytes: MIB,
  /** Of tools that take a whole task or job. */
  largeArgumentBytes: 4 * MIB,
  resultBytes: MIB,
  /** Of a task, whose prompt alone may have 1 MiB. */
  taskResultBytes: 2 * MIB,
  fileResultBytes: 14 * MIB,
  fileBytes: 10 * MIB,
  textBytes: 256 * KIB,
  keyChars: 256,
  pageDefault: 50,
  pageMax: 100,
  timeoutMs: 30_000,
  callsPerMinute: 600,
  managerCallsPerMinute: 6000,
} as const;
