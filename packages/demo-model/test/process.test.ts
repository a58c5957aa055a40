import { runCommand } from '@cynodeai/runtime/process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startDemoProcess } from './support/demo-model.ts';

const entry = fileURLToPath(new URL('../src/processes/main.ts', import.meta.url));

describe('the process of the demo model', () => {
  it('listens on the loopback address, ends cleanly and logs no prompt', async () => {
    const model = await startDemoProcess();
    let code: number | null = null;
    try {
      const body = JSON.stringify({ model: 'cynode-demo', prompt: 'my-private-words' });
      await (await fetch(`${model.url}/api/generate`, { method: 'POST', body })).text();
      expect(model.child.output).toContain('"host":"127.0.0.1"');
    } finally {
      code = await model.child.stop();
    }
    expect(code).toBe(0);
    expect(model.child.output).toContain('/api/generate');
    expect(model.child.output).not.toContain('my-private-words');
  });

  it('refuses an address it cannot use with the exit code of a bad configuration', async () => {
    const result = await runCommand(process.execPath, [entry], { env: { LISTEN_ADDR: 'nowhere' } });
    expect(result.exitCode).toBe(78);
    expect(result.stdout + result.stderr).toContain('LISTEN_ADDR: must be a listen address');
  });

  it.each([
    ['--help', 0, 'Usage: main.ts'],
    ['--version', 0, '0.1.0'],
    ['--port', 2, 'Usage: main.ts'],
  ])('answers %s with exit code %i', async (flag, code, text) => {
    const result = await runCommand(process.execPath, [entry, flag], { env: {} });
    expect(result.exitCode).toBe(code);
    expect(result.stdout + result.stderr).toContain(text);
  });
});
