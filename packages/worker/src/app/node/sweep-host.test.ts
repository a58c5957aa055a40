import { silentLog } from '@cynodeai/runtime/observe';
import { describe, expect, it } from 'vitest';
import { noSecrets } from '../../../test/support/no-secrets.ts';
import { FakeEngine } from '../../../test/support/fake-engine.ts';
import { idOf } from '../../../test/support/job-stage.ts';
import { networkHolderName, sandboxName } from '../../domain/sandbox/naming.ts';
import { sweepHost } from './sweep-host.ts';

/** A model service: its start or its container is no job's. */
const ollamaName = 'cynodeai-ollama';

function scene(fault?: Error) {
  const engine = new FakeEngine();
  for (const index of [1, 2]) {
    engine.leave('n1', sandboxName(idOf(index)));
    engine.leave('n1', networkHolderName(idOf(index)));
  }
  engine.leave('n1', ollamaName);
  const asked: string[] = [];
  const lines: string[] = [];
  const note = (message: string): void => void lines.push(message);
  const strays = async (lives?: (jobId: string) => boolean): Promise<readonly string[]> => {
    if (fault !== undefined) throw fault;
    return [idOf(1), idOf(2)].filter((jobId) => lives?.(jobId) !== true);
  };
  const workspace = { removeStrays: strays } as Parameters<
    typeof sweepHost
  >[0]['host']['workspace'];
  const deps = {
    host: { engine, workspace, secrets: { ...noSecrets, removeStrays: strays } },
    jobs: { lives: (jobId: string) => jobId === idOf(1) },
    disk: { tidy: async () => void asked.push('tidy') },
    nodeSlug: 'n1',
    log: { ...silentLog, warn: note, error: note },
  };
  return { engine, asked, lines, deps };
}

describe('the sweep of a host', () => {
  it('removes what no living job has, and takes the reserve again', async () => {
    const { engine, asked, lines, deps } = scene();
    await sweepHost(deps);
    expect(await engine.removeLeftovers('n1')).toEqual([
      sandboxName(idOf(1)),
      networkHolderName(idOf(1)),
      ollamaName,
    ]);
    expect(lines).toEqual(Array(3).fill('the sweep removed what jobs had left'));
    expect(asked).toEqual(['tidy']);
  });

  it('goes on where one part fails', async () => {
    const { asked, lines, deps } = scene(new Error('no space'));
    await sweepHost(deps);
    expect(lines.at(-1)).toBe('the sweep could not remove what jobs have left');
    expect(asked).toEqual(['tidy']);
  });
});
