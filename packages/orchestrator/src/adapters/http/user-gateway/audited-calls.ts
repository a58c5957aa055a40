import type { HttpServer } from '@cynodeai/runtime/http';
import { type Clock, storableText } from '@cynodeai/runtime/std';
import type { FastifyRequest } from 'fastify';
import type { AuditQueue } from '../../../app/audit/audit-queue.ts';
import { type CallContext, auditRow } from '../../../app/audit/call-context.ts';
import type { Principal } from '../../../domain/identity/principal.ts';

interface NamedAction {
  readonly action: string;
  readonly type: string;
  /** Several operations share the action, so that the row names its own. */
  readonly isShared?: boolean;
}

const manageUser: NamedAction = { action: 'user.manage', type: 'user', isShared: true };
const readSettings: NamedAction = { action: 'settings.read', type: 'setting', isShared: true };
const writeSettings: NamedAction = { action: 'settings.write', type: 'setting', isShared: true };
const manageGrants: NamedAction = { action: 'rbac.manage', type: 'role_binding', isShared: true };

/** Data REST operations as the audit log names them. Contract 04 sections 2.2, 5.3. */
const actions: Readonly<Record<string, NamedAction>> = {
  'users.me': { action: 'user.read', type: 'user' },
  'users.create': manageUser,
  'users.list': manageUser,
  'users.get': manageUser,
  'users.disable': manageUser,
  'users.enable': manageUser,
  'users.revoke_sessions': manageUser,
  'users.reset_password': manageUser,
  'role_bindings.list': manageGrants,
  'role_bindings.create': manageGrants,
  'role_bindings.delete': manageGrants,
  'settings.list': readSettings,
  'settings.get': readSettings,
  'settings.put': writeSettings,
  'settings.delete': writeSettings,
  'tasks.create': { action: 'task.create', type: 'task' },
  'tasks.list': { action: 'task.read', type: 'task' },
  'tasks.get': { action: 'task.read', type: 'task' },
  'tasks.result': { action: 'task.read', type: 'task' },
  'tasks.logs': { action: 'task.read', type: 'task' },
  'tasks.artifacts.list': { action: 'task.read', type: 'task' },
  'tasks.artifacts.get': { action: 'task.read', type: 'task' },
  'tasks.events': { action: 'task.read', type: 'task' },
  'tasks.cancel': { action: 'task.cancel', type: 'task' },
};

/** One call that will have an audit row. */
export interface AuditedCall extends CallContext {
  principal: Principal | undefined;
  resourceId: string | undefined;
  projectId: string | undefined;
  /** The use case wrote the row with its change. */
  written: boolean;
}

function pathId(request: FastifyRequest): string | undefined {
  const { params } = request;
  if (typeof params !== 'object' || params === null) return undefined;
  const id: unknown = Reflect.get(params, 'id') ?? Reflect.get(params, 'key');
  return typeof id === 'string' ? storableText(id) : undefined;
}

export interface AuditedCalls {
  /** The record of a call; made when the request arrived. */
  of(request: FastifyRequest): AuditedCall;
}

/**
 * Follows every Data REST call and queues its audit row when the connection is done with it, whatever came of it:
 * refused, broken off and failed calls too. Must be installed before routes are bound.
 */
export function followCalls(server: HttpServer, queue: AuditQueue, clock: Clock): AuditedCalls {
  const calls = new WeakMap<FastifyRequest, AuditedCall>();
  server.app.addHook('onRequest', async (request, reply) => {
    const { operation = '' } = request.routeOptions.config;
    const named = actions[operation];
    if (named === undefined) return;
    const started = performance.now();
    const call: AuditedCall = {
      requestId: request.id,
      ip: request.ip,
      elapsedMs: () => performance.now() - started,
      principal: undefined,
      resourceId: pathId(request),
      projectId: undefined,
      written: false,
    };
    calls.set(request, call);
    reply.raw.once('close', () => {
      if (call.written) return;
      const done = {
        action: named.action,
        resourceType: named.type,
        resourceId: call.resourceId,
        projectId: call.projectId,
        statusCode: reply.raw.statusCode,
        ...(named.isShared && { details: { operation } }),
      };
      queue.record(auditRow(call, call.principal, done, clock.now()));
    });
  });
  return {
    of: (request) => {
      const call = calls.get(request);
      if (call === undefined) throw new Error('this route is not among the audited operations');
      return call;
    },
  };
}
