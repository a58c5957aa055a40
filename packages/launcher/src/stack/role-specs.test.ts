import { describe, expect, it } from 'vitest';
import { type Env, Secret } from '@cynodeai/runtime/config';
import type { Install } from '../install/install.ts';
import { pathsOf } from '../install/paths.ts';
import { portsBeside } from '../install/ports.ts';
import type { RoleName } from '../roles/table.ts';
import { roleSpecs } from './role-specs.ts';
import type { RoleSpec } from './supervise-role.ts';

const install: Install = {
  checkout: '/src',
  paths: pathsOf('/home/state'),
  runDir: '/run/cynode/0123abcd',
  ports: { ...portsBeside(1, 2), demoModel: 4 },
  served: true,
  gatewayUrl: 'http://127.0.0.1:1',
  inference: { choice: 'auto', path: { kind: 'none' } },
  engine: { runtime: 'podman' },
};
const secrets = {
  jwt: new Secret('jwt'),
  secretsKey: new Secret('key'),
  registrationPsk: new Secret('psk'),
  adminPassword: new Secret('password'),
  gatewayProof: new Secret('gateway proof'),
  controlPlaneProof: new Secret('control plane proof'),
  workflowRunner: new Secret('runner'),
};
const outside = {
  HOME: '/home/me',
  PATH: '/evil',
  DATABASE_URL: 'postgres://other',
  AWS_SECRET_ACCESS_KEY: 'x',
  LISTEN_ADDR: ':9',
  NODE_OPTIONS: '--inspect',
};
/** Specs by name, in the order in which they start. */
function specsOf(place: Install = install, env: Env = outside): Record<string, RoleSpec> {
  const specs = roleSpecs(place, secrets, 'postgres://own', env);
  return Object.fromEntries(specs.map((spec) => [spec.name, spec]));
}

function need(specs: Record<string, RoleSpec>, name: RoleName): RoleSpec {
  const spec = specs[name];
  if (spec === undefined) throw new Error(`no ${name}`);
  return spec;
}

const controlPlane = need(specsOf(), 'control-plane');
const gateway = need(specsOf(), 'user-gateway');
const node = need(specsOf(), 'node');

describe('the environment of roles', () => {
  it('gives the control plane exactly what it needs', () => {
    expect(Object.keys(controlPlane.env).toSorted()).toEqual([
      'ARTIFACT_STORAGE_DIR',
      'AUDIT_SEAL_KEY_FILE',
      'BOOTSTRAP_ADMIN_PASSWORD',
      'CONTROL_PLANE_LISTEN_ADDR',
      'DATABASE_URL',
      'HOME',
      'INSTALL_PROOF_KEY',
      'JWT_SECRET',
      'LANG',
      'MCP_GATEWAY_LISTEN_ADDR',
      'NODE_REGISTRATION_PSK',
      'ORCHESTRATOR_PUBLIC_URL',
      'ORCHESTRATOR_SECRETS_KEY',
      'PATH',
      'SANDBOX_DEFAULT_IMAGE',
      'WORKFLOW_RUNNER_BEARER_TOKEN',
      'WORKFLOW_RUNNER_URL',
    ]);
    expect(controlPlane.env).toMatchObject({
      DATABASE_URL: 'postgres://own',
      CONTROL_PLANE_LISTEN_ADDR: '127.0.0.1:2',
      ORCHESTRATOR_PUBLIC_URL: 'http://127.0.0.1:2',
      SANDBOX_DEFAULT_IMAGE: 'localhost/cynode/sandbox:latest',
    });
  });

  it('gives the gateway the key of its tokens and no other secret', () => {
    expect(Object.keys(gateway.env).toSorted()).toEqual([
      'ARTIFACT_STORAGE_DIR',
      'DATABASE_URL',
      'HOME',
      'INSTALL_PROOF_KEY',
      'JWT_SECRET',
      'LANG',
      'PATH',
      'USER_GATEWAY_LISTEN_ADDR',
      'WATCHED_DIRECTORIES',
    ]);
    expect(gateway.env).toMatchObject({
      DATABASE_URL: 'postgres://own',
      USER_GATEWAY_LISTEN_ADDR: '127.0.0.1:1',
    });
  });

  it('gives the agents their token and where to call, and nothing of database, models or nodes', () => {
    const ollama = { kind: 'ollama', url: 'http://127.0.0.1:11434' } as const;
    const place = { ...install, inference: { choice: 'auto', path: ollama } } as const;
    const set = { OLLAMA_BASE_URL: 'http://model', PGHOST: 'database', POSTGRES_PASSWORD: 'x' };
    const agents = need(specsOf(place, { ...outside, ...set }), 'agents');
    expect(Object.keys(agents.env).toSorted()).toEqual([
      'CONTROL_PLANE_URL',
      'HOME',
      'LANG',
      'LISTEN_ADDR',
      'MCP_GATEWAY_URL',
      'PATH',
      'WORKFLOW_RUNNER_BEARER_TOKEN',
    ]);
    expect(agents.env['MCP_GATEWAY_URL']).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1\/mcp$/);
    expect(agents.env['WORKFLOW_RUNNER_BEARER_TOKEN']).toBe(
      controlPlane.env['WORKFLOW_RUNNER_BEARER_TOKEN'],
    );
  });

  it('gives the node neither the database nor any secret', () => {
    expect(Object.keys(node.env).toSorted()).toEqual([
      'CYNODE_RUN_DIR',
      'CYNODE_STATE_DIR',
      'HOME',
      'LANG',
      'PATH',
    ]);
  });

  it("does not take the caller's path or variables over", () => {
    for (const { env } of [controlPlane, gateway, node]) {
      expect(env['PATH']).not.toContain('/evil');
      expect(env).not.toHaveProperty('NODE_OPTIONS');
      expect(env).not.toHaveProperty('AWS_SECRET_ACCESS_KEY');
    }
  });

  it('keeps secrets off the command line', () => {
    const words = [...controlPlane.args, ...gateway.args, ...node.args].join(' ');
    for (const secret of ['jwt', 'key', 'psk', 'password', 'postgres://']) {
      expect(words).not.toContain(secret);
    }
  });

  it('tells the node alone where its model service is', () => {
    const url = 'http://127.0.0.1:11434';
    const path = { kind: 'ollama', url } as const;
    const specs = specsOf({ ...install, inference: { choice: 'auto', path } });
    expect(specs['node']?.env).toMatchObject({ OLLAMA_UPSTREAM_URL: url });
    for (const other of ['control-plane', 'user-gateway'] as const) {
      expect(JSON.stringify(need(specs, other).env)).not.toContain(url);
    }
    expect(specs).not.toHaveProperty('demo-model');
  });

  it('starts the demo model before all others, with an address and no secret', () => {
    const specs = specsOf({ ...install, inference: { choice: 'demo', path: { kind: 'demo' } } });
    expect(Object.keys(specs)[0]).toBe('demo-model');
    expect(Object.keys(specs['demo-model']?.env ?? {}).toSorted()).toEqual([
      'HOME',
      'LANG',
      'LISTEN_ADDR',
      'PATH',
    ]);
    expect(specs['demo-model']?.env['LISTEN_ADDR']).toBe('127.0.0.1:4');
    expect(specs['node']?.env).toMatchObject({ OLLAMA_UPSTREAM_URL: 'http://127.0.0.1:4' });
    expect(specs['control-plane']?.env).toMatchObject({ DEMO_MODEL_REF: 'cynode-demo:latest' });
  });
});
