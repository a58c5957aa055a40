import { parseJson } from '@cynodeai/runtime/std';
import { type FakeGateway, alice, json, problem } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { Home } from './support/cynork.ts';
import { eachTest } from './support/each-test.ts';
import { type Ran, type RunOptions, runInProcess } from './support/run-in-process.ts';

const pinned = 'agents.project_manager.model.local_default_ollama_model';
const at = '2026-11-20T10:00:00.000Z';
const setting = {
  key: pinned,
  value: 'qwen3:8b',
  value_type: 'string',
  version: 3,
  updated_at: at,
  updated_by: 'user:canary',
};
const path = `/v1/settings/${pinned}`;

let gateway: FakeGateway;
let home: Home;
eachTest((place) => {
  ({ gateway, home } = place);
  const images = { ...setting, key: 'a', value: { cpu: 'x y' }, value_type: 'object', version: 1 };
  gateway
    .on('GET /v1/settings', json(200, { settings: [images, setting], next_cursor: 'more' }))
    .on(`GET ${path}`, json(200, setting))
    .on(`PUT ${path}`, json(200, setting))
    .on(`DELETE ${path}`, json(200, { deleted: true }));
});

const run = (args: readonly string[], options?: RunOptions): Promise<Ran> =>
  runInProcess(home, ['settings', ...args], { env: { CYNORK_TOKEN: alice.token }, ...options });

describe('settings', () => {
  it('list has one line for each, with its value as JSON', async () => {
    expect(await run(['list', '--prefix', 'a', '-l', '2'])).toEqual({
      code: 0,
      stdout: [
        'key\tvalue_json\tversion\tupdated_at',
        `a\t{"cpu":"x y"}\t1\t${at}`,
        `${pinned}\t"qwen3:8b"\t3\t${at}`,
        '',
      ].join('\n'),
      stderr: 'next_cursor=more\n',
    });
    expect(gateway.requests[0]?.url).toBe('/v1/settings?key_prefix=a&limit=2');
    const { stdout } = await run(['list', '-o', 'json']);
    expect(parseJson(stdout)).toEqual({
      settings: [
        { key: 'a', value: { cpu: 'x y' }, version: 1, updated_at: at },
        { key: pinned, value: 'qwen3:8b', version: 3, updated_at: at },
      ],
      next_cursor: 'more',
    });
  });

  it('get prints key and value, which is JSON as it stands', async () => {
    expect(await run(['get', '--key', pinned])).toEqual({
      code: 0,
      stdout: `key=${pinned} value="qwen3:8b"\n`,
      stderr: '',
    });
    const { stdout } = await run(['get', '--key', pinned, '-o', 'json']);
    expect(parseJson(stdout)).toEqual({ key: pinned, value: 'qwen3:8b' });
    expect((await run(['get'])).code).toBe(2);
    gateway.on('GET /v1/settings/none', problem(404, 'not_found', 'it was never set'));
    expect((await run(['get', '--key', 'none'])).code).toBe(4);
  });

  it('set sends the value it was given, from the command line or a file', async () => {
    const args = ['set', '--key', pinned, '--value', '"llama3"', '--reason', 'faster'];
    expect(await run([...args, '--expected-version', '3'])).toMatchObject({
      code: 0,
      stdout: 'ok=true\n',
    });
    const file = await home.file('value.json', '{"cpu": "a"}\n');
    expect((await run(['set', '--key', pinned, '--value-file', file, '-o', 'json'])).stdout).toBe(
      '{\n  "ok": true\n}\n',
    );
    expect(gateway.requests.map((request) => request.json)).toEqual([
      { value: 'llama3', reason: 'faster', expected_version: 3 },
      { value: { cpu: 'a' } },
    ]);
  });

  it.each([
    ['no value', []],
    ['two values', ['--value', '1', '--value-file', 'x']],
    ['no JSON', ['--value', 'llama3']],
    ['a file that is not there', ['--value-file', '/nonexistent']],
  ])('set with %s is a usage error, and sends nothing', async (_what, more) => {
    const { code, stderr } = await run(['set', '--key', pinned, ...more]);
    expect([code, gateway.requests.length]).toEqual([2, 0]);
    if (more.includes('llama3')) expect(stderr).toContain(`--value '"text"'`);
  });

  it('tell of a version that is another one by now', async () => {
    gateway.on(`PUT ${path}`, problem(409, 'conflict', 'its version is 4'));
    const args = ['set', '--key', pinned, '--value', '1', '--expected-version', '3'];
    expect((await run(args)).code).toBe(5);
  });

  it('delete asks first', async () => {
    const declined = await run(['delete', '--key', pinned], { input: 'n\n' });
    expect(declined).toMatchObject({ code: 0, stdout: '' });
    expect(declined.stderr).toContain(`Delete setting ${pinned}? [y/N]`);
    expect(gateway.requests).toHaveLength(0);
    const args = ['delete', '--key', pinned, '-y', '--expected-version', '3'];
    expect((await run(args)).stdout).toBe('deleted=true\n');
    expect(gateway.requests[0]?.url).toBe(`${path}?expected_version=3`);
  });
});
