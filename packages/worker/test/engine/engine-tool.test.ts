import { parseJson } from '@cynodeai/runtime/std';
import { mustRun } from '@cynodeai/runtime/process';
import { silentLog } from '@cynodeai/runtime/observe';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dockerTool } from '../../src/adapters/container/docker/engine-tool.ts';
import { podmanTool } from '../../src/adapters/container/podman/engine-tool.ts';
import type { EngineTool } from '../../src/adapters/container/shared/engine-tool.ts';
import { type TestEngine, engines, testCeiling } from '../support/test-engine.ts';
import { testImage, testImageArchive } from '../support/test-image.ts';

const ref = 'localhost/cynode/tool-test:1';

function toolOf({ kind, stateDir, runDir, processArguments }: TestEngine): EngineTool {
  if (kind === 'podman') return podmanTool({ stateDir, runDir, ceiling: testCeiling });
  const dockerHost = processArguments[2];
  return dockerTool({ stateDir, dockerHost, ceiling: testCeiling }, silentLog);
}

describe.each(engines)('who looks after $name', ({ open }) => {
  let engine: TestEngine;
  let tool: EngineTool;

  beforeAll(async () => {
    engine = await open();
    tool = toolOf(engine);
  });

  afterAll(() => engine.close());

  const cli = async (args: readonly string[]): Promise<string> => {
    const [program = '', ...flags] = await tool.invocation();
    return mustRun(program, [...flags, ...args], { env: engine.command.env });
  };

  it('is told that it works, and with what', async () => {
    const { facts, flags, problems } = await tool.probe();
    expect(facts?.runtime).toBe(engine.kind);
    expect(await tool.invocation()).toEqual([expect.any(String), ...(flags ?? [])]);
    expect(problems).toEqual(expect.any(Array));
  });

  it('imports an image with its settings and knows it afterwards', async () => {
    expect(await tool.hasImage(ref)).toBe(false);
    const options = { env: ['A=b c=d'], labels: ['io.cynodeai.x=y z'], workdir: '/workspace' };
    await tool.importImage(await testImageArchive(), ref, options);
    expect(await tool.hasImage(ref)).toBe(true);
    const config: unknown = parseJson(
      await cli(['image', 'inspect', '--format={{json .Config}}', ref]),
    );
    expect(config).toMatchObject({
      Env: expect.arrayContaining(['A=b c=d']),
      Labels: { 'io.cynodeai.x': 'y z' },
      WorkingDir: '/workspace',
    });
  });

  it('names an image again, lists what begins so and takes the names one by one', async () => {
    const others = ['localhost/cynode/tool-test:2', 'localhost/cynode/tool-test-other:1'];
    for (const name of others) await tool.tagImage(ref, name);
    const listed = async (beginning: string): Promise<string[]> =>
      (await tool.listImages(beginning)).map((entry) => entry.ref);
    expect(await listed('localhost/cynode/tool-test:')).toEqual([ref, others[0]]);
    expect(await listed('localhost/cynode/tool-test-')).toEqual([others[1]]);
    expect(await listed('localhost/cynode/none')).toEqual([]);
    const [entry] = await tool.listImages(ref);
    expect(entry?.sizeBytes).toBeGreaterThan(1000);
    expect(entry?.labels).toMatchObject({ 'io.cynodeai.x': 'y z' });
    expect([await tool.removeImage(ref), await tool.removeImage(ref)]).toEqual([true, false]);
    expect(await tool.hasImage(others[0] ?? '')).toBe(true);
    for (const name of others) expect(await tool.removeImage(name)).toBe(true);
    await expect(tool.tagImage(ref, 'localhost/cynode/tool-test:3')).rejects.toMatchObject({
      code: 'image_unavailable',
    });
  });

  it('removes the containers of one node and leaves those of another', async () => {
    for (const slug of ['a', 'b']) {
      const label = `--label=io.cynodeai.node_slug=${slug}`;
      await cli(['create', `--name=of-${slug}`, label, '--network=none', testImage, 'true']);
    }
    expect(await tool.clean('a')).toEqual(['of-a']);
    expect(await cli(['ps', '--all', '--format={{.Names}}'])).toBe('of-b\n');
    expect(await tool.clean('b')).toEqual(['of-b']);
  });
});
