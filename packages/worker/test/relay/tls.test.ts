import { startScriptedModel } from '@cynodeai/testing';
import { Child, tlsFront } from '@cynodeai/testing/harness';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { relayCommand } from '../../src/processes/relay-command.ts';

const program = fileURLToPath(new URL('../support/relay-process.ts', import.meta.url));

it('passes requests on to a service behind TLS whose certificate it was told, and to no other', async () => {
  const model = await startScriptedModel({ reply: 'over TLS' });
  await using front = await tlsFront(model.url);
  const ask = async (env: Readonly<Record<string, string>>): Promise<[number, string]> => {
    await using child = Child.ofScript(program, [front.url], { env, input: { open: true } });
    const [, port] = await child.printed(/(\d+)\n/);
    const body = JSON.stringify({ model: 'scripted:latest', prompt: 'a', stream: false });
    const url = `http://127.0.0.1:${port}/api/generate`;
    const answer = await fetch(url, { method: 'POST', body });
    return [answer.status, await answer.text()];
  };
  try {
    expect(await ask({ NODE_EXTRA_CA_CERTS: front.certificatePath })).toEqual([
      200,
      expect.stringContaining('over TLS'),
    ]);
    expect((await ask({}))[0]).toBe(502);
    expect(model.requests).toHaveLength(1);
  } finally {
    await model.close();
  }
});

it('may read the certificates that the node was given, and nothing is said of them otherwise', () => {
  const command = relayCommand('/etc/cynode/ca.pem');
  expect(command.env).toMatchObject({ NODE_EXTRA_CA_CERTS: '/etc/cynode/ca.pem' });
  expect(command.args.join(' ')).toContain('/etc/cynode/ca.pem');
  expect(JSON.stringify(relayCommand(undefined))).not.toContain('ca.pem');
  expect(relayCommand('').env).not.toHaveProperty('NODE_EXTRA_CA_CERTS');
});
