import { randomUUID } from 'node:crypto';
import { mustRun } from '@cynodeai/runtime/process';
import { nodeSlugLabel } from '../../src/domain/sandbox/naming.ts';
import { testSandboxEngine } from '../suites/sandbox-engine.ts';
import { FakeEngine, fakePrograms } from '../support/fake-engine.ts';
import { engines } from '../support/test-engine.ts';
import { testImage } from '../support/test-image.ts';

const hold = ['sh', '-c', 'printf up; exec sleep 1000'];
const variant = 'localhost/cynode/variant:latest';
const newName = (): string => `cynode-sandbox-${randomUUID()}`;

for (const { name: title, open } of engines) {
  testSandboxEngine(title, async () => {
    const test = await open();
    const { engine, command } = test;
    const beside = async (...args: readonly string[]): Promise<void> => {
      const { program, flags, env } = command;
      await mustRun(program, [...flags, ...args], { env });
    };
    return {
      engine,
      reopened: await test.reopen(),
      image: testImage,
      programs: {
        say: (stdout, stderr, exitCode) => {
          const script = `printf %s "$1"; printf %s "$2" >&2; exit ${exitCode}`;
          return ['sh', '-c', script, 'sh', stdout, stderr];
        },
        hold,
        missing: ['nope'],
      },
      leave: async (slug) => {
        const name = newName();
        const flags = [`--name=${name}`, `--label=${nodeSlugLabel}=${slug}`, '--network=none'];
        await beside('create', ...flags, testImage, ...hold);
        return name;
      },
      makeVariant: async () => {
        await beside('tag', testImage, variant);
        return variant;
      },
      removeVariant: (ref) => beside('rmi', ref),
      close: () => test.close(),
    };
  });
}

testSandboxEngine('the fake', async () => {
  const engine = new FakeEngine();
  return {
    engine,
    reopened: engine,
    image: 'tools',
    programs: fakePrograms,
    leave: async (slug) => {
      const name = newName();
      engine.leave(slug, name);
      return name;
    },
    makeVariant: async () => {
      engine.variants.add(variant);
      return variant;
    },
    removeVariant: async (ref) => void engine.removed.add(ref),
    close: async () => {},
  };
});
