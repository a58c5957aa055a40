import { z } from 'zod';
import { healthRoutes } from '../common/health.ts';
import { limits } from '../common/limits.ts';
import { defineRoute } from '../common/route.ts';
import {
  loginRequestSchema,
  logoutRequestSchema,
  refreshRequestSchema,
  tokenResponseSchema,
} from './auth.ts';
import {
  createTaskRequestSchema,
  logStreamSchema,
  taskCancelSchema,
  taskListSchema,
  taskLogsSchema,
  taskResultSchema,
  taskSchema,
  taskStatusSchema,
} from './tasks.ts';
import { currentUserSchema } from './users.ts';

const wholeNumber = (min: number, max: number): z.ZodType<number, string> =>
  z
    .string()
    .regex(/^\d{1,9}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .pipe(z.number().min(min).max(max));

const tokens = { 200: { kind: 'json', schema: tokenResponseSchema } } as const;
const taskRef = z.object({ id: z.string().min(1).max(limits.indexedTextChars) });
const bodyErrors = ['validation', 'payload_too_large', 'unsupported_media_type'] as const;

/** The User API Gateway's HTTP surface. Unknown query parameters are ignored, unknown body fields refused. Contract 04. */
export const gatewayRoutes = {
  ...healthRoutes,
  openapi: defineRoute({
    operation: 'meta.openapi',
    method: 'GET',
    path: '/v1/openapi.json',
    auth: 'none',
    summary: 'This API as an OpenAPI 3.1 document',
    success: { 200: { kind: 'json', schema: z.record(z.string(), z.unknown()) } },
    errors: [],
  }),
  login: defineRoute({
    operation: 'auth.login',
    method: 'POST',
    path: '/v1/auth/login',
    auth: 'none',
    summary: 'Exchange handle and password for a session',
    body: loginRequestSchema,
    success: tokens,
    errors: [...bodyErrors, 'authentication', 'rate_limit'],
  }),
  refresh: defineRoute({
    operation: 'auth.refresh',
    method: 'POST',
    path: '/v1/auth/refresh',
    auth: 'none',
    summary: 'Rotate a refresh token; both tokens of the answer are new',
    body: refreshRequestSchema,
    success: tokens,
    errors: [...bodyErrors, 'authentication', 'rate_limit'],
  }),
  logout: defineRoute({
    operation: 'auth.logout',
    method: 'POST',
    path: '/v1/auth/logout',
    auth: 'none',
    summary: 'End the session named by the access token, the refresh token or both',
    body: logoutRequestSchema,
    bodyOptional: true,
    success: { 204: { kind: 'empty' } },
    errors: [...bodyErrors, 'authentication'],
  }),
  me: defineRoute({
    operation: 'users.me',
    method: 'GET',
    path: '/v1/users/me',
    auth: 'user',
    summary: 'The calling user',
    success: { 200: { kind: 'json', schema: currentUserSchema } },
    errors: ['authentication'],
  }),
  createTask: defineRoute({
    operation: 'tasks.create',
    method: 'POST',
    path: '/v1/tasks',
    auth: 'user',
    summary: 'Create a task and return at once; it is accepted while the system is not ready',
    body: createTaskRequestSchema,
    success: { 201: { kind: 'json', schema: taskSchema } },
    errors: [...bodyErrors, 'authentication', 'authorization', 'not_found', 'conflict'],
  }),
  listTasks: defineRoute({
    operation: 'tasks.list',
    method: 'GET',
    path: '/v1/tasks',
    auth: 'user',
    summary: 'Own tasks and those of readable projects, newest first',
    query: z.object({
      status: taskStatusSchema.optional(),
      project_id: z.string().min(1).max(limits.indexedTextChars).optional(),
      limit: wholeNumber(limits.pageMin, limits.pageMax).optional(),
      cursor: z.string().max(1024).optional(),
    }),
    success: { 200: { kind: 'json', schema: taskListSchema } },
    errors: ['validation', 'authentication', 'not_found'],
  }),
  getTask: defineRoute({
    operation: 'tasks.get',
    method: 'GET',
    path: '/v1/tasks/{id}',
    auth: 'user',
    summary: 'One task by uuid or by the name its creator gave',
    params: taskRef,
    success: { 200: { kind: 'json', schema: taskSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  getTaskResult: defineRoute({
    operation: 'tasks.result',
    method: 'GET',
    path: '/v1/tasks/{id}/result',
    auth: 'user',
    summary: 'Jobs and output of a task; `wait` holds the answer until it is terminal',
    params: taskRef,
    query: z.object({ wait: wholeNumber(0, limits.waitSecondsMax).optional() }),
    success: { 200: { kind: 'json', schema: taskResultSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  getTaskLogs: defineRoute({
    operation: 'tasks.logs',
    method: 'GET',
    path: '/v1/tasks/{id}/logs',
    auth: 'user',
    summary: 'Output streams of a task as they are stored',
    params: taskRef,
    query: z.object({ stream: logStreamSchema.optional() }),
    success: { 200: { kind: 'json', schema: taskLogsSchema } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  streamTaskEvents: defineRoute({
    operation: 'tasks.events',
    method: 'GET',
    path: '/v1/tasks/{id}/events',
    auth: 'user',
    summary: 'Events of a task as server-sent events; resumes after `Last-Event-ID`',
    params: taskRef,
    success: { 200: { kind: 'event-stream' } },
    errors: ['validation', 'authentication', 'authorization', 'not_found'],
  }),
  cancelTask: defineRoute({
    operation: 'tasks.cancel',
    method: 'POST',
    path: '/v1/tasks/{id}/cancel',
    auth: 'user',
    summary: 'Cancel a task and its open jobs; repeating it is harmless',
    params: taskRef,
    body: z.strictObject({}),
    bodyOptional: true,
    success: { 200: { kind: 'json', schema: taskCancelSchema } },
    errors: [...bodyErrors, 'authentication', 'authorization', 'not_found', 'conflict'],
  }),
} as const;
