import { describe, expect, it } from 'vitest';
import { nodeYaml } from './node-config.ts';

const input = {
  nodeId: 'local',
  labels: ['orchestrator_host'],
  orchestratorUrl: 'http://127.0.0.1:12082',
  pskFile: '/state/with "quotes"/psk',
  port: 12_090,
  stateDir: '/state/node',
  cores: 1,
  inference: { kind: 'none' },
} as const;

describe("a node's startup file", () => {
  it('says where the key is and never what it is', () => {
    expect(nodeYaml(input)).toContain(
      String.raw`registration_psk_file: "/state/with \"quotes\"/psk"`,
    );
  });

  it('runs twice as many jobs as there are cores, and at least two', () => {
    expect(nodeYaml(input)).toContain('max_concurrency: 2\n');
    expect(nodeYaml({ ...input, cores: 8 })).toContain('max_concurrency: 16\n');
  });

  it.each([
    [{ kind: 'none' }, 'disabled'],
    [{ kind: 'demo' }, 'allow'],
    [{ kind: 'ollama', url: 'http://127.0.0.1:11434' }, 'allow'],
    // Without a GPU only a node that asks for one is ordered to start a container.
    [{ kind: 'container', image: 'docker.io/ollama/ollama:latest' }, 'require'],
  ] as const)('with inference %o has the mode %s', (inference, mode) => {
    expect(nodeYaml({ ...input, inference })).toContain(`inference:\n  mode: ${mode}\n`);
  });

  it('listens on the loopback address only', () => {
    expect(nodeYaml(input)).toContain('listen_host: 127.0.0.1\n');
    expect(nodeYaml(input)).toContain('public_base_url: http://127.0.0.1:12090\n');
  });
});
