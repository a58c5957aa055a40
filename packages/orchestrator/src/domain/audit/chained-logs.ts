/** A log whose rows are sealed into a chain in order of their `seq`. See docs/reference/audit.md#chain. */
export interface ChainedLog {
  readonly table: string;
  /** Column that says when a row was written. */
  readonly time: 'created_at' | 'changed_at';
  /** A row is written first and completed once; it is sealed when `completed_at` is set. */
  readonly isCompleted: boolean;
}

/** Every log that is sealed. Their rows hold plain ids and never change once they are complete. */
export const chainedLogs: readonly ChainedLog[] = [
  { table: 'mcp_tool_call_audit_log', time: 'created_at', isCompleted: true },
  { table: 'access_control_audit_log', time: 'created_at', isCompleted: false },
  { table: 'system_settings_audit_log', time: 'changed_at', isCompleted: false },
];

/** A row left open for longer is complete as it stands: whoever wrote it was killed, ms. */
export const abandonedMs = 5 * 60_000;
