import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestDatabase, reservePort, temporaryDirectory, waitFor } from '@cynodeai/testing';
import { Child } from '@cynodeai/testing/harness';
import { Client } from 'pg';

const orchestrator = fileURLToPath(
  new URL('../../../orchestrator/src/processes/main.ts', import.meta.url),
);

/** A control plane and the door of tools in a process of their own, with a database of their own. */
export interface Plane extends AsyncDisposable {
  readonly url: string;
  readonly toolsUrl: string;
  /** Of what runs workflows. */
  readonly token: string;
  readonly db: Client;
  /** What a process that talks to it needs. */
  readonly env: Readonly<Record<string, string>>;
  /** A task of the system user, whose workflow nobody has asked for. */
  addTask(prompt?: string): Promise<string>;
}

export async function startPlane(more: Readonly<Record<string, string>> = {}): Promise<Plane> {
  const database = await createTestDatabase();
  const folder = await temporaryDirectory();
  const token = randomBytes(24).toString('hex');
  const [port, toolsPort] = [await reservePort(), await reservePort()];
  const url = `http://127.0.0.1:${port}`;
  const toolsUrl = `http://127.0.0.1:${toolsPort}/v1/mcp`;
  const child = Child.ofScript(orchestrator, ['control-plane', 'mcp-gateway'], {
    env: {
      PATH: '/usr/bin:/bin',
      DATABASE_URL: database.url,
      JWT_SECRET: randomBytes(32).toString('hex'),
      NODE_REGISTRATION_PSK: randomBytes(32).toString('hex'),
      ORCHESTRATOR_SECRETS_KEY: randomBytes(32).toString('base64'),
      BOOTSTRAP_ADMIN_PASSWORD: 'a-long-enough-password',
      ORCHESTRATOR_PUBLIC_URL: url,
      CONTROL_PLANE_LISTEN_ADDR: `127.0.0.1:${port}`,
      MCP_GATEWAY_LISTEN_ADDR: `127.0.0.1:${toolsPort}`,
      ARTIFACT_STORAGE_DIR: join(folder.path, 'artifacts'),
      DISPATCHER_ENABLED: 'false',
      WORKFLOW_RUNNER_BEARER_TOKEN: token,
      ...more,
    },
  });
  await waitFor(async () => (await fetch(new URL('/healthz', toolsUrl))).ok, {
    what: 'the control plane and the door of tools',
  });
  const db = new Client({ connectionString: database.url });
  await db.connect();
  return {
    url,
    toolsUrl,
    token,
    db,
    env: {
      PATH: '/usr/bin:/bin',
      CONTROL_PLANE_URL: url,
      MCP_GATEWAY_URL: toolsUrl,
      WORKFLOW_RUNNER_BEARER_TOKEN: token,
    },
    addTask: async (prompt = 'do it') => {
      const { rows } = await db.query<{ readonly id: string }>(
        `INSERT INTO tasks (created_by, prompt) SELECT id, $1 FROM users WHERE handle = 'system' RETURNING id`,
        [prompt],
      );
      return rows[0]?.id ?? '';
    },
    [Symbol.asyncDispose]: async () => {
      await db.end();
      child.kill('SIGTERM');
      await child.exit;
      await database.close();
      await folder.remove();
    },
  };
}
