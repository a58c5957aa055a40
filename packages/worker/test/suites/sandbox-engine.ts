import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sleep } from '@cynodeai/runtime/lifecycle';
import { containerEngines } from '@cynodeai/contracts/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeSlugLabel } from '../../src/domain/sandbox/naming.ts';
import type {
  SandboxEngine,
  SandboxExit,
  SandboxRunSpec,
  ServeListener,
} from '../../src/ports/sandbox-engine.ts';

/** An engine, and programs of an image it has. */
export interface EngineUnderTest {
  readonly engine: SandboxEngine;
  /** The same as another process of the node opens it. */
  readonly reopened: SandboxEngine;
  readonly image: string;
  readonly programs: {
    /** Writes the text to standard output and the other to standard error, and ends with the code. */
    say(stdout: string, stderr: string, exitCode: number): readonly string[];
    /** Writes `up` to standard output, then waits until it is ended. */
    readonly hold: readonly string[];
    /** One that the image does not have. */
    readonly missing: readonly string[];
  };
  /** Makes a container of a node as an earlier run of that node leaves it; gives its name. */
  leave(slug: string): Promise<string>;
  /** Makes a variant of the image behind the engine's back; gives its name. */
  makeVariant(): Promise<string>;
  /** Takes a variant away in the same manner. */
  removeVariant(ref: string): Promise<void>;
  close(): Promise<void>;
}

/** What a container wrote, and a promise of its first word. */
function recorder() {
  const seen = { stdout: '', stderr: '' };
  const first = Promise.withResolvers<void>();
  const decoder = new TextDecoder();
  const into = (stream: 'stdout' | 'stderr') => ({
    write: (chunk: Uint8Array) => {
      seen[stream] += decoder.decode(chunk);
      first.resolve();
    },
  });
  return { seen, first: first.promise, sinks: { stdout: into('stdout'), stderr: into('stderr') } };
}

/** Serves a listener the way a node does, with a health check that answers as told. */
function serving(health: string): ServeListener & { closed: number } {
  const serve = (listener: object) => {
    const server = createServer((_request, response) => response.end(health));
    server.listen(listener);
    return {
      close: async () => {
        served.closed += 1;
        if (!server.listening) return;
        const closed = once(server, 'close');
        server.close();
        server.closeAllConnections();
        await closed;
      },
    };
  };
  const served = Object.assign(serve, { closed: 0 });
  return served;
}

/** What every container engine of a node does, a real one and the one that stands for it in tests. */
export function testSandboxEngine(title: string, open: () => Promise<EngineUnderTest>): void {
  describe(`the sandbox engine: ${title}`, () => {
    let test: EngineUnderTest;
    let engine: SandboxEngine;
    const slug = `suite-${randomUUID()}`;

    beforeAll(async () => {
      test = await open();
      ({ engine } = test);
    });

    afterAll(() => test.close());

    function spec(command: readonly string[], change: Partial<SandboxRunSpec> = {}) {
      return {
        name: `cynode-sandbox-${randomUUID()}`,
        image: test.image,
        command,
        env: {},
        labels: { [nodeSlugLabel]: slug },
        mounts: [],
        workdir: '/',
        timeoutSeconds: 60,
        ...change,
      };
    }

    /** A run that has begun; its end is a promise. */
    async function held(change: Partial<SandboxRunSpec> = {}, signal?: AbortSignal) {
      const asked = spec(test.programs.hold, change);
      const { sinks, first } = recorder();
      const ended: Promise<SandboxExit> = engine.run(asked, sinks, signal);
      ended.catch(() => {});
      await Promise.race([first, ended]);
      return { name: asked.name, ended };
    }

    it('knows what it is and works', async () => {
      expect(containerEngines).toContain(engine.facts.runtime);
      expect(engine.facts.version).toMatch(/^\d+\.\d+/);
      await engine.check();
    });

    it('has an image or says that there is none', async () => {
      await engine.ensureImage(test.image);
      await engine.ensureImage(test.image);
      expect(await engine.hasImage('localhost/missing:latest')).toBe(false);
      await expect(engine.ensureImage('localhost/missing:latest')).rejects.toMatchObject({
        code: 'image_unavailable',
      });
    });

    it('finds out by a run that an image which it knew is gone', async () => {
      const image = await test.makeVariant();
      expect(await engine.hasImage(image)).toBe(true);
      await test.removeVariant(image);
      const { sinks, seen } = recorder();
      expect(await engine.run(spec(test.programs.hold, { image }), sinks)).toMatchObject({
        kind: 'not_started',
        exitCode: 125,
        errorType: 'image_unavailable',
      });
      expect(seen.stdout).toBe('');
      expect(await engine.hasImage(image)).toBe(false);
    });

    it('gives both streams, the exit code and the times of a run', async () => {
      const { sinks, seen } = recorder();
      const before = Date.now();
      const exit = await engine.run(spec(test.programs.say('out', 'err', 7)), sinks);
      expect(exit).toMatchObject({ kind: 'exited', exitCode: 7 });
      expect(seen).toStrictEqual({ stdout: 'out', stderr: 'err' });
      // A container's start is known by the time stamp of a file, whose clock is coarse.
      expect(exit.startedAt.getTime()).toBeGreaterThan(before - 50);
      expect(exit.endedAt.getTime()).toBeGreaterThanOrEqual(exit.startedAt.getTime());
    });

    it('lets others hear what a container writes, while it runs and as it is kept', async () => {
      const kept = recorder();
      const heard = recorder();
      const asked = spec(test.programs.hold);
      const ended = engine.run(asked, { ...kept.sinks, heard: heard.sinks });
      ended.catch(() => {});
      await Promise.race([heard.first, ended]);
      expect(heard.seen).toStrictEqual({ stdout: 'up', stderr: '' });
      await engine.stop(asked.name, 0);
      await ended;
      const both = recorder();
      await engine.run(spec(test.programs.say('out', 'err', 0)), {
        ...recorder().sinks,
        heard: both.sinks,
      });
      expect(both.seen).toStrictEqual({ stdout: 'out', stderr: 'err' });
    });

    it('lets nobody hear what an engine says of a command that is not there', async () => {
      const heard = recorder();
      const exit = await engine.run(spec(test.programs.missing), {
        ...recorder().sinks,
        heard: heard.sinks,
      });
      expect(exit.kind).toBe('not_started');
      expect(heard.seen).toStrictEqual({ stdout: '', stderr: '' });
    });

    it('runs one container after the other under the same name', async () => {
      const asked = spec(test.programs.say('', '', 0));
      for (const _turn of [1, 2]) {
        expect(await engine.run(asked, recorder().sinks)).toMatchObject({
          kind: 'exited',
          exitCode: 0,
        });
      }
    });

    it('tells a command that never ran from one that failed', async () => {
      expect(await engine.run(spec(test.programs.missing), recorder().sinks)).toMatchObject({
        kind: 'not_started',
        exitCode: 127,
        reason: 'the command was not found in the image',
      });
      const image = 'localhost/missing:latest';
      const absent = spec(test.programs.hold, { image });
      expect(await engine.run(absent, recorder().sinks)).toMatchObject({
        kind: 'not_started',
        exitCode: 125,
        reason: 'the image is not present on this node',
      });
    });

    it('ends a run at its time limit', async () => {
      const { ended } = await held({ timeoutSeconds: 1 });
      expect(await ended).toMatchObject({ kind: 'timed_out' });
    });

    it('ends a run from outside, and resolves when it is over', async () => {
      const { name, ended } = await held();
      let over = false;
      void ended.then(() => (over = true));
      await engine.stop(name, 20);
      await Promise.resolve();
      expect(over).toBe(true);
      expect(await ended).toMatchObject({ kind: 'stopped', exitCode: expect.any(Number) });
      await engine.stop(name, 20);
      await engine.stop('cynode-sandbox-unknown', 20);
    });

    it('ends a run that is still being created', async () => {
      const asked = spec(test.programs.hold);
      const ended = engine.run(asked, recorder().sinks);
      await engine.stop(asked.name, 5);
      expect(await ended).toMatchObject({ kind: 'stopped' });
    });

    it('kills a run whose signal fires, and never begins one whose signal has fired', async () => {
      const abort = new AbortController();
      const { ended } = await held({}, abort.signal);
      abort.abort();
      expect(await ended).toMatchObject({ kind: 'stopped' });
      const { sinks, seen } = recorder();
      const never = engine.run(spec(test.programs.say('x', '', 0)), sinks, AbortSignal.abort());
      expect(await never).toMatchObject({ kind: 'stopped' });
      expect(seen).toStrictEqual({ stdout: '', stderr: '' });
    });

    it('keeps a run for another process of the node, which goes on with it and ends it', async () => {
      const { reopened } = test;
      const { name, ended } = await held();
      expect(await reopened.kept()).toContain(name);
      const { sinks, seen, first } = recorder();
      const adopted = reopened.adopt({ name, timeoutSeconds: 60 }, sinks);
      await first;
      expect(seen).toStrictEqual({ stdout: 'up', stderr: '' });
      await reopened.stop(name, 20);
      expect(await adopted).toMatchObject({ kind: 'stopped', exitCode: expect.any(Number) });
      await ended;
      reopened.forget(name);
      expect(await reopened.kept()).not.toContain(name);
    });

    it('holds the limit of a run that is gone on with from its own start', async () => {
      const { name, ended } = await held({ timeoutSeconds: 20 });
      await sleep(1000);
      const asked = Date.now();
      const adopted = test.reopened.adopt({ name, timeoutSeconds: 2 }, recorder().sinks);
      const exit = await adopted;
      expect(exit).toMatchObject({ kind: 'timed_out' });
      expect(exit.startedAt.getTime()).toBeLessThan(asked - 500);
      await ended;
      test.reopened.forget(name);
    });

    it('has nothing of a run that nobody kept', async () => {
      const unknown = { name: `cynode-sandbox-${randomUUID()}`, timeoutSeconds: 60 };
      await expect(test.reopened.adopt(unknown, recorder().sinks)).rejects.toMatchObject({
        code: 'start_lost',
      });
      engine.forget(unknown.name);
    });

    it('removes what carries the label of one node and leaves the others alone', async () => {
      const other = `other-${slug}`;
      const [own, foreign] = [await test.leave(slug), await test.leave(other)];
      expect(await engine.removeLeftovers(slug)).toStrictEqual([own]);
      expect(await engine.removeLeftovers(slug)).toStrictEqual([]);
      expect(await engine.removeLeftovers(other)).toStrictEqual([foreign]);
    });

    it('removes a tree, and one that is not there', async () => {
      const tree = await mkdtemp(join(tmpdir(), 'cynode-suite-'));
      await mkdir(join(tree, 'a', 'b'), { recursive: true });
      await writeFile(join(tree, 'a', 'b', 'c'), 'x');
      await engine.removeTree(tree);
      await engine.removeTree(tree);
      await expect(access(tree)).rejects.toThrow('ENOENT');
    });

    it('makes a network whose listener is served, and takes it back', async () => {
      const owner = { jobId: randomUUID(), labels: { [nodeSlugLabel]: slug }, timeoutSeconds: 60 };
      const serve = serving('ok');
      const network = await engine.openNetwork(owner, serve, new AbortController().signal);
      const { sinks, seen } = recorder();
      const inside = spec(test.programs.say('in', '', 0), { network });
      expect(await engine.run(inside, sinks)).toMatchObject({ kind: 'exited', exitCode: 0 });
      expect(seen.stdout).toBe('in');
      await network.close();
      await network.close();
      expect(serve.closed).toBeGreaterThan(0);
      expect(await engine.removeLeftovers(slug)).toStrictEqual([]);
    });

    it('gives no network whose health check fails, or that nobody wants any more', async () => {
      const owner = { jobId: randomUUID(), labels: { [nodeSlugLabel]: slug }, timeoutSeconds: 60 };
      const signal = new AbortController().signal;
      await expect(engine.openNetwork(owner, serving('no'), signal)).rejects.toMatchObject({
        code: 'inference_unavailable',
      });
      const gone = AbortSignal.abort(new Error('not wanted'));
      await expect(engine.openNetwork(owner, serving('ok'), gone)).rejects.toThrow('not wanted');
      expect(await engine.removeLeftovers(slug)).toStrictEqual([]);
    });
  });
}
