import { type Answer, send, textAt, waitFor } from '@cynodeai/testing/harness';
import { World } from '@cucumber/cucumber';
import { ScenarioNode } from './scenario-node.ts';
import { OrchestratorUnderTest } from './orchestrator.ts';

const terminal = ['completed', 'failed', 'canceled', 'superseded'];

/** What a scenario of the orchestrator suite works with. */
export class OrchestratorWorld extends World {
  orchestrator = new OrchestratorUnderTest();
  readonly nodes = new Map<string, ScenarioNode>();
  token = '';
  answer: Answer = { status: 0, text: '', json: undefined };
  taskId = '';

  node(slug: string, inference = false): ScenarioNode {
    const known = this.nodes.get(slug);
    if (known !== undefined) return known;
    const { controlPlane, psk } = this.orchestrator;
    const node = new ScenarioNode(slug, controlPlane, psk, inference);
    this.nodes.set(slug, node);
    return node;
  }

  async signIn(): Promise<void> {
    const login = await send('POST', `${this.orchestrator.gateway}/v1/auth/login`, {
      json: { handle: 'admin', password: this.orchestrator.adminPassword },
    });
    this.token = textAt(login.json, 'access_token');
  }

  /** Calls the gateway as the signed-in user. */
  async gateway(method: string, path: string, json?: unknown): Promise<Answer> {
    this.answer = await send(method, `${this.orchestrator.gateway}${path}`, {
      token: this.token,
      ...(json !== undefined && { json }),
    });
    return this.answer;
  }

  async createTask(body: Record<string, unknown>): Promise<void> {
    const created = await this.gateway('POST', '/v1/tasks', body);
    if (created.status !== 201)
      throw new Error(`task creation answered ${created.status}: ${created.text}`);
    this.taskId = textAt(created.json, 'task_id');
  }

  /** Waits until the task is terminal and returns its result. */
  finalResult(): Promise<Answer> {
    return waitFor(
      async () => {
        const result = await this.gateway('GET', `/v1/tasks/${this.taskId}/result?wait=5`);
        return terminal.includes(textAt(result.json, 'status')) && result;
      },
      { what: 'the task is terminal' },
    );
  }

  async close(): Promise<void> {
    await this.orchestrator.stop();
    for (const node of this.nodes.values()) await node.stop();
  }
}
