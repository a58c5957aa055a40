import { randomUUID } from 'node:crypto';
import { mustRun } from '@cynodeai/runtime/process';
import { nodeSlugLabel } from '../../src/domain/sandbox/naming.ts';
import { testSandboxEngine } from '../suites/sandbox-engine.ts';
import { FakeEngine, fakePrograms } from '../support/fake-engine.ts';
import { engines } from '../support/test-engine.ts';
import { testImage } from '../support/test-image.ts';

const hold = ['sh', '-c', 'printf up; exec sleep 1000'];
const newName = (): string => `cynode-sandbox-${randomUUID()}`;

for (const { name: title, open } of engines) {
  testSandboxEngine(title, async () => {
    const test = await open();
    const { engine, command } = test;
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
        const { program, flags: global, env } = command;
        await mustRun(program, [...global, 'create', ...flags, testImage, ...hold], { env });
        return name;
      },
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
    close: async () => {},
  };
});
