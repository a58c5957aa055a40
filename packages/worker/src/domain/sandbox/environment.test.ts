import { expect, it } from 'vitest';
import { sandboxEnvironment } from './environment.ts';

it('keeps what the request may set and overrides reserved names', () => {
  const requested = {
    PATH: '/bin',
    CYNODE_JOB_ID: 'forged',
    CYNODE_X: '1',
    SBA_A: '1',
    INFERENCE_URL: '1',
    OLLAMA_BASE_URL: '1',
    MCP_GATEWAY_URL: '1',
    OLLAMA_HOST: 'kept',
  };
  expect(sandboxEnvironment('task', 'job', requested)).toStrictEqual({
    env: {
      HOME: '/workspace',
      PATH: '/bin',
      OLLAMA_HOST: 'kept',
      CYNODE_TASK_ID: 'task',
      CYNODE_JOB_ID: 'job',
      CYNODE_WORKSPACE_DIR: '/workspace',
      CYNODE_ARTIFACTS_DIR: '/job/artifacts',
    },
    dropped: [
      'CYNODE_JOB_ID',
      'CYNODE_X',
      'INFERENCE_URL',
      'MCP_GATEWAY_URL',
      'OLLAMA_BASE_URL',
      'SBA_A',
    ],
  });
});

it('tells only a job with inference where the model is, whatever it asked for (REQ-WORKER-0114)', () => {
  const evil = { OLLAMA_BASE_URL: 'http://evil', CYNODE_MODEL: 'evil' };
  const { env, dropped } = sandboxEnvironment('t', 'j', evil, { model: 'm:1' });
  expect(env['OLLAMA_BASE_URL']).toBe('http://localhost:11434');
  expect(env['CYNODE_MODEL']).toBe('m:1');
  expect(dropped).toStrictEqual(['CYNODE_MODEL', 'OLLAMA_BASE_URL']);
  const none = sandboxEnvironment('t', 'j', {}, { model: undefined }).env;
  expect(none).not.toHaveProperty('CYNODE_MODEL');
  expect(sandboxEnvironment('t', 'j', {}).env).not.toHaveProperty('OLLAMA_BASE_URL');
});
