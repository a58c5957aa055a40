/** Kinds of agents. See docs/reference/identity-and-policy.md#access-rules. */
export type AgentType = 'project_manager' | 'project_analyst' | 'sandbox' | 'orchestrator';

/** By what id rules and audit rows name a kind of agent: the UUIDv5 of `urn:cynodeai:agent:<type>` among URLs. */
export const agentSubjectIds: Readonly<Record<AgentType, string>> = {
  project_manager: '1eebe8a2-a717-5221-acdf-88150a0665e4',
  project_analyst: '10e9cb27-1d7f-5dcf-9ff0-fef40f67c1d6',
  sandbox: 'ba957a78-fcc0-5c70-b156-7d302a75dd36',
  orchestrator: '1d2c638d-3926-5e71-b392-dac3cb6817f2',
};

export type SubjectType = 'system' | 'user' | 'group' | 'project' | 'task' | 'agent';

/** Whom a rule is about. */
export interface Subject {
  readonly type: SubjectType;
  /** Undefined exactly for `system`. */
  readonly id: string | undefined;
}

/** One row of `access_control_rules`. See docs/reference/database.md#policy-tables. */
export interface AccessRule {
  readonly id: string;
  readonly subject: Subject;
  /** Exact, or a trailing `.*` for everything below. */
  readonly action: string;
  readonly resourceType: string;
  readonly resourcePattern: string;
  readonly effect: 'allow' | 'deny';
  /** Higher first; decides which rule is named, never what is decided. */
  readonly priority: number;
  readonly conditions: Readonly<Record<string, unknown>> | undefined;
}

/** For whom and within what something is asked; what is absent matches no rule about it. */
export interface AccessContext {
  readonly userId?: string | undefined;
  /** Active groups of the user. */
  readonly groupIds: readonly string[];
  readonly projectId?: string | undefined;
  readonly taskId?: string | undefined;
  /** Absent for a call without an agent. */
  readonly agentType?: AgentType | undefined;
}

/** Everybody whose rules hold for a call, without repeats. */
export function subjectsOf(context: AccessContext): readonly Subject[] {
  const one = (type: SubjectType, id: string | undefined): Subject[] =>
    id === undefined ? [] : [{ type, id }];
  return [
    { type: 'system', id: undefined },
    ...one('user', context.userId),
    ...[...new Set(context.groupIds)].flatMap((id) => one('group', id)),
    ...one('project', context.projectId),
    ...one('task', context.taskId),
    ...one('agent', context.agentType && agentSubjectIds[context.agentType]),
  ];
}

/** Actions by which a rule may be about an action: itself and `<part>.*` of each part before. */
export function actionsCovering(action: string): readonly string[] {
  const parts = action.split('.');
  const above = parts.slice(1).map((_, index) => `${parts.slice(0, index + 1).join('.')}.*`);
  return [action, ...above];
}
