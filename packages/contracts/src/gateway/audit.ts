import { z } from 'zod';
import { openEnum } from '../common/open-enum.ts';
import { textSchema, timestampSchema, uuidSchema } from '../common/primitives.ts';
import { defineRoute } from '../common/route.ts';
import { adminErrors, idRef, momentSchema, paging } from './fields.ts';

/** Logs whose rows are shown as events. See docs/reference/database.md#audit-tables. */
export const auditLogs = [
  'gateway',
  'auth',
  'access_control',
  'mcp_tool_call',
  'system_settings',
  'preference',
  'chat',
  'skill',
] as const;

export type AuditLogName = (typeof auditLogs)[number];

/** A row of one of the logs: who did what to what, never with which content. */
export const auditEventSchema = z.object({
  event_id: uuidSchema,
  ts: timestampSchema,
  log: openEnum(auditLogs),
  /** The user, else the agent; absent where nobody was known. */
  actor_id: uuidSchema.optional(),
  action: z.string(),
  resource_type: z.string(),
  resource_id: z.string().optional(),
  decision: z.enum(['allow', 'deny']),
});

/** One event with what else its log tells. */
export const auditEventDetailSchema = auditEventSchema.extend({
  task_id: uuidSchema.optional(),
  request_id: z.string().optional(),
  reason: z.string().optional(),
  /** How many calls a row stands for that counts what is alike in one minute. */
  calls: z.int().positive().optional(),
});

export const auditEventListSchema = z.object({
  events: z.array(auditEventSchema),
  next_cursor: z.string().optional(),
});

export type AuditEvent = z.infer<typeof auditEventSchema>;
export type AuditEventDetail = z.infer<typeof auditEventDetailSchema>;

/** What was done, by whom, and whether it was allowed. See docs/reference/identity-and-policy.md#audit. */
export const auditRoutes = {
  listAuditEvents: defineRoute({
    operation: 'audit.list',
    method: 'GET',
    path: '/v1/audit',
    auth: 'user',
    action: 'audit.read',
    resource: 'audit_event',
    summary: 'Events of every audit log, newest first; `since` inclusive, `until` exclusive',
    query: z.object({
      resource_type: textSchema.min(1).max(100).optional(),
      actor_id: uuidSchema.optional(),
      since: momentSchema.optional(),
      until: momentSchema.optional(),
      ...paging,
    }),
    success: { 200: { kind: 'json', schema: auditEventListSchema } },
    errors: ['validation', ...adminErrors],
  }),
  getAuditEvent: defineRoute({
    operation: 'audit.get',
    method: 'GET',
    path: '/v1/audit/{id}',
    auth: 'user',
    action: 'audit.read',
    resource: 'audit_event',
    summary: 'One event with what else its log tells of it',
    params: idRef,
    success: { 200: { kind: 'json', schema: auditEventDetailSchema } },
    errors: ['validation', ...adminErrors, 'not_found'],
  }),
} as const;
