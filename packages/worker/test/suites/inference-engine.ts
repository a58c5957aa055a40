import { waitToPass } from '@cynodeai/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  type InferenceContainer,
  fingerprint,
  inferenceContainer,
} from '../../src/domain/inference/container.ts';
import type { InferenceEngine } from '../../src/ports/inference.ts';

/** An engine that can publish a port, and images for its containers. */
export interface InferenceEngineUnderTest {
  readonly engine: InferenceEngine;
  readonly images: {
    /** Runs until it is ended. */
    readonly serve: string;
    /** Writes `this model service cannot start` and ends with 3. */
    readonly crash: string;
    /** One that is nowhere. */
    readonly missing: string;
  };
  /** A port of the host that is free. */
  readonly port: number;
  close(): Promise<void>;
}

const never = new AbortController().signal;
const name = 'cynodeai-ollama';

/** What every place of a node's inference container does, a real engine and the one that stands for it in tests. */
export function testInferenceEngine(
  title: string,
  open: () => Promise<InferenceEngineUnderTest>,
): void {
  describe(`the engine of an inference container: ${title}`, () => {
    let test: InferenceEngineUnderTest;
    let engine: InferenceEngine;

    beforeAll(async () => {
      test = await open();
      ({ engine } = test);
    }, 120_000);
    afterEach(async () => {
      for (const slug of ['node-a', 'node-b']) {
        for (const found of await engine.find(slug)) await engine.remove(found.name, 0);
      }
    });
    afterAll(() => test.close());

    function container(image: string, slug = 'node-a', containerName = name): InferenceContainer {
      const { port } = test;
      const settings = { port, bindAddress: '127.0.0.1', containerName, allowGpu: true };
      const order = { image, variant: 'cpu' as const };
      const made = inferenceContainer({ order, settings, nodeSlug: slug, gpus: [] });
      if (made === undefined) throw new Error('no container');
      return made;
    }

    it('has no obstacle, and finds nothing at first', async () => {
      expect(await engine.obstacle()).toBeUndefined();
      expect(await engine.find('node-a')).toEqual([]);
    });

    it('finds what it started by its node, with what it was made from, and runs it', async () => {
      const made = container(test.images.serve);
      await engine.start(made, never);
      expect(await engine.find('node-a')).toEqual([
        { name, running: true, fingerprint: fingerprint(made) },
      ]);
      expect(await engine.find('node-b')).toEqual([]);
      expect(await engine.ended(name)).toBeUndefined();
    });

    it('tells how it ended, with its last words, and keeps it until it is removed', async () => {
      await engine.start(container(test.images.crash), never);
      await waitToPass(async () => {
        expect(await engine.ended(name)).toEqual({
          exitCode: 3,
          lastWords: expect.stringContaining('this model service cannot start'),
        });
      });
      expect(await engine.find('node-a')).toMatchObject([{ name, running: false }]);
    });

    it('says of one that is not there that it ended', async () => {
      expect(await engine.ended('cynodeai-nothing')).toEqual({
        exitCode: undefined,
        lastWords: '',
      });
    });

    it('removes one, and one that is not there; then another may have its name and port', async () => {
      await engine.start(container(test.images.serve), never);
      await engine.remove(name, 1);
      await engine.remove(name, 1);
      expect(await engine.find('node-a')).toEqual([]);
      await engine.start(container(test.images.serve), never);
      expect(await engine.find('node-a')).toMatchObject([{ running: true }]);
    });

    it('leaves nothing when its port is taken or its image is missing', async () => {
      await engine.start(container(test.images.serve), never);
      const other = container(test.images.serve, 'node-b', 'cynodeai-other');
      await expect(engine.start(other, never)).rejects.toMatchObject({ code: 'engine_unusable' });
      const missing = container(test.images.missing, 'node-b', 'cynodeai-other');
      await expect(engine.start(missing, never)).rejects.toMatchObject({
        code: 'image_unavailable',
      });
      expect(await engine.find('node-b')).toEqual([]);
      expect(await engine.find('node-a')).toMatchObject([{ name, running: true }]);
    });

    it('starts nothing that nobody wants any more', async () => {
      const gone = AbortSignal.abort(new Error('not wanted'));
      const start = engine.start(container(test.images.serve), gone);
      await expect(start).rejects.toThrow('not wanted');
      expect(await engine.find('node-a')).toEqual([]);
    });
  });
}
