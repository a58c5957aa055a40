import { describe, expect, it } from 'vitest';
import { agentsConfig } from './agents-config.ts';

const token = 't'.repeat(32);
const env = { WORKFLOW_RUNNER_BEARER_TOKEN: token };

describe('the environment of what runs agents', () => {
  it('says where it is called, and where control plane and tools are', () => {
    expect(agentsConfig(env)).toMatchObject({
      listen: { host: '0.0.0.0', port: 12_087 },
      CONTROL_PLANE_URL: 'http://localhost:12082',
      toolsUrl: 'http://localhost:12083/v1/mcp',
      WORKFLOW_TASKS_AT_ONCE: 4,
    });
    const own = { MCP_GATEWAY_URL: 'http://a/v1/mcp', PMA_MCP_GATEWAY_URL: 'http://b/v1/mcp/' };
    expect(agentsConfig({ ...env, ...own }).toolsUrl).toBe('http://b/v1/mcp');
  });

  it.each([
    'DATABASE_URL',
    'PGHOST',
    'PGPASSWORD',
    'POSTGRES_PASSWORD',
    'OLLAMA_BASE_URL',
    'OLLAMA_HOST',
    'INFERENCE_URL',
    'WORKER_API_TARGET_URL',
    'NODE_REGISTRATION_PSK',
    'JWT_SECRET',
  ])('is refused with %s, by its name and without its value', (name) => {
    const given = { ...env, [name]: 'postgres://u:geheim@h/d' };
    expect(() => agentsConfig(given)).toThrow(new RegExp(`^${name}: .*start it without`));
    expect(() => agentsConfig(given)).not.toThrow(/geheim/);
    expect(agentsConfig({ ...env, [name]: '' }).WORKFLOW_TASKS_AT_ONCE).toBe(4);
  });

  it('needs a token', () => {
    expect(() => agentsConfig({})).toThrow('WORKFLOW_RUNNER_BEARER_TOKEN');
  });
});
