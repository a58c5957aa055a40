/** One row of `gateway_audit_log`. See docs/reference/identity-and-policy.md#audit. */
export interface GatewayAuditRow {
  readonly at: Date;
  readonly requestId: string;
  readonly userId: string | undefined;
  readonly groupIds: readonly string[] | undefined;
  readonly roleNames: readonly string[] | undefined;
  /** Project the call was about, when it is known. */
  readonly projectId: string | undefined;
  readonly action: string;
  readonly resourceType: string;
  readonly resourceId: string | undefined;
  readonly decision: 'allow' | 'deny';
  readonly statusCode: number;
  readonly ip: string | undefined;
  readonly durationMs: number;
  /** Ids only. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** Appends audit rows, all or none. */
export interface GatewayAuditLog {
  append(rows: readonly GatewayAuditRow[]): Promise<void>;
}
