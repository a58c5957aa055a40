import {
  type CreateTaskRequest,
  type CurrentUser,
  type RoleName,
  type Task,
  type TaskList,
  currentUserSchema,
  gatewayRoutes,
  taskListSchema,
  taskSchema,
  tokenResponseSchema,
} from '@cynodeai/contracts/gateway';
import { expect } from 'vitest';
import { type CallOptions, type StrictAnswer, strictCaller } from '../strict-caller.ts';
import { type EventStream, openEvents } from './event-stream.ts';
import type { Account, GatewayUnderTest, TestedEnd } from './under-test.ts';

const strictCall = strictCaller(Object.values(gatewayRoutes));

/** Both tokens of a session. */
export interface Tokens {
  readonly token: string;
  readonly refresh: string;
}

/** A person with a session of their own. */
export interface Caller extends Tokens {
  readonly account: Account;
}

/** The tokens of a login or refresh, which must have been let in. */
export function tokensOf(answer: StrictAnswer): Tokens {
  expect(answer.status, answer.text).toBe(200);
  const { access_token: token, refresh_token: refresh } = tokenResponseSchema.parse(answer.body);
  return { token, refresh };
}

/** The answer is the problem of this kind, and names the field when one is given. */
export function expectProblem(
  answer: StrictAnswer,
  status: number,
  kind: string,
  field?: string,
): void {
  expect([answer.status, answer.kind], answer.text).toEqual([status, kind]);
  if (field === undefined) return;
  expect(answer.body['errors']).toContainEqual({ field, message: expect.any(String) });
}

/** Calls of clients, each answer held against its route. */
export class GatewayDriver {
  readonly gateway: GatewayUnderTest;

  constructor(gateway: GatewayUnderTest) {
    this.gateway = gateway;
  }

  call(method: string, path: string, options?: CallOptions): Promise<StrictAnswer> {
    return strictCall(this.gateway.url, method, path, options);
  }

  login({ handle, password }: Account): Promise<StrictAnswer> {
    return this.call('POST', '/v1/auth/login', { json: { handle, password } });
  }

  refresh(token: string): Promise<StrictAnswer> {
    return this.call('POST', '/v1/auth/refresh', { json: { refresh_token: token } });
  }

  /** Somebody new. */
  async newCaller(): Promise<Caller> {
    const account = await this.gateway.addAccount();
    return { account, ...tokensOf(await this.login(account)) };
  }

  /** Another session of the same person, for one whose first has run out. */
  async relogin({ account }: Caller): Promise<Caller> {
    return { account, ...tokensOf(await this.login(account)) };
  }

  get(who: Pick<Tokens, 'token'>, path: string): Promise<StrictAnswer> {
    return this.call('GET', path, { token: who.token });
  }

  /** Status of `GET /v1/users/me`. */
  async meStatus(token: string): Promise<number> {
    return (await this.get({ token }, '/v1/users/me')).status;
  }

  async me(who: Caller): Promise<CurrentUser> {
    return currentUserSchema.parse((await this.get(who, '/v1/users/me')).body);
  }

  async grant(who: Caller, role: RoleName): Promise<void> {
    await this.gateway.grant(await this.me(who), role);
  }

  tryCreate(
    who: Caller,
    json: unknown,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<StrictAnswer> {
    return this.call('POST', '/v1/tasks', { token: who.token, json, headers });
  }

  /** Creates a task that must be taken. */
  async create(who: Caller, request: CreateTaskRequest = { prompt: 'x' }): Promise<Task> {
    const answer = await this.tryCreate(who, request);
    expect(answer.status, answer.text).toBe(201);
    return taskSchema.parse(answer.body);
  }

  /** A task whose job has ended. */
  async ended(who: Caller, end: Partial<TestedEnd> = {}): Promise<Task> {
    const task = await this.create(who, { input_mode: 'commands', prompt: 'run' });
    await this.gateway.startJob(task.id);
    await this.gateway.endJob(task.id, { stdout: '', stderr: '', exitCode: 0, ...end });
    return task;
  }

  async list(who: Caller, query = ''): Promise<TaskList> {
    const answer = await this.get(who, `/v1/tasks${query}`);
    expect(answer.status, answer.text).toBe(200);
    return taskListSchema.parse(answer.body);
  }

  cancel(who: Caller, id: string, json?: unknown): Promise<StrictAnswer> {
    return this.call('POST', `/v1/tasks/${id}/cancel`, { token: who.token, json });
  }

  delete(who: Caller, id: string): Promise<StrictAnswer> {
    return this.call('DELETE', `/v1/tasks/${id}`, { token: who.token });
  }

  events(who: Caller, id: string, lastEventId?: string): Promise<EventStream> {
    const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
    return openEvents(`${this.gateway.url}/v1/tasks/${id}/events`, who.token, headers);
  }
}

/** The driver of the gateway that the suite has opened. */
export type Drive = () => GatewayDriver;
