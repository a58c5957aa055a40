import type { ReadinessReason } from '@cynodeai/contracts/common';
import { FakeGateway, text } from '@cynodeai/testing/doubles';
import { describe, expect, it } from 'vitest';
import type { InferencePath } from '../src/domain/inference.ts';
import { openSecrets } from '../src/install/secrets.ts';
import { type InferenceNeed, findInferenceTrouble } from '../src/run/prompt-trouble.ts';
import { type Trouble, waitOut } from '../src/run/trouble.ts';
import { pretendRunning } from './fixtures/pretend-running.ts';
import { testInstall } from './fixtures/test-install.ts';

const notReady = (code: string, message: string): ReadinessReason => ({
  code,
  message,
  action: 'do this',
});

/** What is found while the gateway is not ready for this reason; the node never is. */
async function trouble(
  reason: ReadinessReason | 'none' | 'broken',
  path: InferencePath = { kind: 'demo' },
  need: InferenceNeed = 'answer',
): Promise<Trouble | undefined> {
  await using test = await testInstall();
  await using gateway = await FakeGateway.start(openSecrets(test.install.paths).gatewayProof);
  if (reason === 'broken') gateway.on('GET /readyz', text(500, ''));
  else if (reason !== 'none') gateway.notReady.push(reason);
  using _running = pretendRunning(test.install, gateway.url, path);
  return await findInferenceTrouble(test.install, need);
}

describe('what keeps a prompt from being answered', () => {
  it('is nothing when the gateway is ready', async () => {
    expect(await trouble('none')).toBeUndefined();
  });

  it("is told in readiness' words with the action (REQ-ORCHES-0119)", async () => {
    const found = await trouble(notReady('pm_model_unavailable', 'the model is lost'));
    expect(found).toMatchObject({ text: 'the model is lost; do this', lasting: false });
  });

  it('is worked on while a model is loading', async () => {
    const found = await trouble(notReady('pm_model_loading', 'Project Manager model loading 43%'));
    expect(found).toMatchObject({ lasting: false, working: true });
    expect(found?.text).toContain('43%');
  });

  it('stays when inference is switched off, and names the way to switch it on', async () => {
    const found = await trouble(notReady('no_inference_path', 'no inference path'), {
      kind: 'none',
    });
    expect(found?.lasting).toBe(true);
    expect(found?.text).toMatch(/switched off here .*cynode up --inference auto/);
  });

  it('may pass when a model is expected but not there yet', async () => {
    const found = await trouble(notReady('no_inference_path', 'no inference path'));
    expect(found).toMatchObject({ lasting: false });
    expect(found?.text).not.toContain('switched off');
  });

  it.each(['model_service_down', 'pm_model_not_selected'])('needs somebody: %s', async (code) => {
    expect(await trouble(notReady(code, 'x'))).toMatchObject({ needsSomebody: true });
  });

  it('holds up a job that needs the relay while the model service is down', async () => {
    const down = notReady('model_service_down', 'down');
    expect(await trouble(down, { kind: 'demo' }, 'relay')).toMatchObject({ lasting: false });
  });

  it('does not hold up a job that needs the relay only, once there is a path', async () => {
    const loading = notReady('pm_model_loading', 'loading');
    expect(await trouble(loading, { kind: 'demo' }, 'relay')).toBeUndefined();
    const none = notReady('no_inference_path', 'no inference path');
    expect(await trouble(none, { kind: 'none' }, 'relay')).toMatchObject({ lasting: true });
  });

  it('is a gateway that does not answer', async () => {
    expect(await trouble('broken')).toMatchObject({ text: 'not ready', lasting: false });
  });
});

describe('waiting for trouble to pass', () => {
  const signal = AbortSignal.timeout(30_000);

  it('shows every state and ends when there is none', async () => {
    const states: (Trouble | undefined)[] = [
      { text: 'starting', lasting: false },
      { text: 'loading 40%', lasting: false, working: true },
      undefined,
    ];
    const steps: string[] = [];
    const find = async (): Promise<Trouble | undefined> => states.shift();
    await waitOut({ find, everyMs: 1, signal, onStep: (what) => void steps.push(what) });
    expect(steps).toEqual(['waiting: starting', 'waiting: loading 40%']);
  });

  it('has less patience with what needs a person, where it is told so, and none is lost to others', async () => {
    const needs: Trouble = { text: 'agree to it', lasting: false, needsSomebody: true };
    const states: (Trouble | undefined)[] = [needs, { text: 'starting', lasting: false }];
    const find = async (): Promise<Trouble | undefined> => states.shift() ?? needs;
    const waiting = waitOut({ find, everyMs: 1, signal, onStep: () => {}, somebodyMs: 5 });
    await expect(waiting).rejects.toMatchObject({ message: 'no work can be done: agree to it' });
    expect(states).toEqual([]);
  });

  it('fails at once when it stays', async () => {
    const find = async (): Promise<Trouble> => ({ text: 'switched off', lasting: true });
    const waiting = waitOut({ find, everyMs: 1, signal, onStep: () => {}, lead: 'no answer' });
    await expect(waiting).rejects.toMatchObject({
      code: 'stack',
      message: 'no answer: switched off',
    });
  });
});
