import { parseJson } from '@cynodeai/runtime/std';
import { at, type Child, waitFor } from '@cynodeai/testing/harness';
import { After, Given, Then, When } from '@cucumber/cucumber';
import { type ScriptedModel, reservePort, startScriptedModel } from '@cynodeai/testing';
import assert from 'node:assert/strict';
import type { ProductWorld } from '../support/product-world.ts';
import { words } from '../support/stack-world.ts';

/** A model service of one scenario and what is under way there. */
interface Stage {
  readonly model: ScriptedModel;
  readonly release: () => void;
}

const stages = new WeakMap<ProductWorld, Stage>();
const children = new WeakMap<ProductWorld, Child>();
const later = new WeakMap<ProductWorld, () => Promise<ScriptedModel>>();

function stageOf(world: ProductWorld): Stage {
  const stage = stages.get(world);
  if (stage === undefined) throw new Error('there is no model service in this scenario');
  return stage;
}

After(async function (this: ProductWorld) {
  const stage = stages.get(this);
  stage?.release();
  await stage?.model.close();
  const child = children.get(this);
  if (child?.process.exitCode === null) {
    child.process.kill('SIGTERM');
    await child.ended;
  }
});

/** A machine that had a real model before: what was stored then must not be found again. */
async function choose(world: ProductWorld, choice: string): Promise<void> {
  const { code, stderr } = await world.stack.cynode(
    'run',
    '--inference',
    choice,
    '--commands',
    'true',
  );
  assert.equal(code, 0, stderr);
}

Given(
  'inference is {string}',
  { timeout: 120_000 },
  async function (this: ProductWorld, choice: string) {
    await choose(this, choice);
  },
);

Given(
  'a model service that answers {string} and holds {string}',
  { timeout: 120_000 },
  async function (this: ProductWorld, reply: string, name: string) {
    await choose(this, 'auto');
    const model = await startScriptedModel({ reply, models: [name] });
    stages.set(this, { model, release: () => {} });
    this.stack.extraEnv['OLLAMA_BASE_URL'] = model.url;
  },
);

Given(
  'a model service that fails once, then answers {string} and holds {string}',
  { timeout: 120_000 },
  async function (this: ProductWorld, answer: string, name: string) {
    await choose(this, 'auto');
    let hasFailed = false;
    const model = await startScriptedModel({
      models: [name],
      reply: ({ json }) => {
        if (hasFailed || !at(json, 'prompt')) return answer;
        hasFailed = true;
        return { kind: 'cut', text: 'half an answer', afterCharacters: 6 };
      },
    });
    stages.set(this, { model, release: () => {} });
    this.stack.extraEnv['OLLAMA_BASE_URL'] = model.url;
  },
);

Given(
  'a model service that answers {string} and fetches {string} when somebody agrees',
  { timeout: 120_000 },
  async function (this: ProductWorld, reply: string, _name: string) {
    await choose(this, 'auto');
    const { promise, resolve } = Promise.withResolvers<void>();
    const model = await startScriptedModel({
      reply,
      models: ['nomic-embed-text'],
      pull: async function* () {
        yield { status: 'pulling manifest' };
        const layer = { status: 'pulling layer', digest: 'sha256:a', total: 1000 };
        yield { ...layer, completed: 250 };
        await promise;
        yield { ...layer, completed: 1000 };
        yield { status: 'success' };
      },
    });
    stages.set(this, { model, release: resolve });
    this.stack.extraEnv['OLLAMA_BASE_URL'] = model.url;
  },
);

When('I start cynode with {string}', function (this: ProductWorld, line: string) {
  children.set(this, this.stack.spawn('cynode', words(line)));
});

When(
  'somebody says {string}, and the service fetches its model',
  { timeout: 120_000 },
  async function (this: ProductWorld, line: string) {
    stageOf(this).release();
    const { code, stdout, stderr } = await this.stack.cynode(...words(line));
    assert.equal(code, 0, stderr);
    assert.equal(stdout, 'model=qwen3.5:0.8b available=true\n');
  },
);

Given(
  'a model service that answers {string} and comes later',
  { timeout: 120_000 },
  async function (this: ProductWorld, reply: string) {
    await choose(this, 'auto');
    const port = await reservePort();
    later.set(this, () => startScriptedModel({ port, reply, models: ['whatever:1b'] }));
    this.stack.extraEnv['OLLAMA_BASE_URL'] = `http://127.0.0.1:${port}`;
  },
);

When('the service comes', async function (this: ProductWorld) {
  const model = await later.get(this)?.();
  assert.ok(model);
  stages.set(this, { model, release: () => {} });
});

When('the service is stopped', async function (this: ProductWorld) {
  await stageOf(this).model.close();
});

Then(
  'cynode ends with {int}',
  { timeout: 120_000 },
  async function (this: ProductWorld, code: number) {
    const child = children.get(this);
    assert.ok(child);
    const ended = await this.stack.ended(child);
    assert.equal(ended.code, code, ended.stderr);
  },
);

async function reasons(world: ProductWorld): Promise<readonly Record<string, string>[]> {
  const answer = await fetch(`${world.stack.gateway}/readyz`).catch(() => undefined);
  if (answer?.status !== 503) return [];
  const body = (await answer.json()) as { reasons?: Record<string, string>[] };
  return body.reasons ?? [];
}

Then(
  'readiness gives the reason {string} with {string}',
  { timeout: 120_000 },
  async function (this: ProductWorld, code: string, part: string) {
    await waitFor(
      async () =>
        (await reasons(this)).some(
          (reason) => reason['code'] === code && reason['message']?.includes(part),
        ),
      { what: `readiness says ${code} ${part}`, within: 100_000 },
    );
  },
);

Then('the status shows the words of readiness', async function (this: ProductWorld) {
  // Behind a start the reasons change until the node is back: both are looked at until they agree.
  let shown = '';
  const agree = async (): Promise<boolean> => {
    const [first] = await reasons(this);
    ({ stdout: shown } = await this.stack.cynode('status'));
    const words = [`${first?.['code'] ?? 'none'}: `, first?.['action'] ?? 'none'];
    return words.every((text) => shown.includes(text));
  };
  await waitFor(agree, { within: 60_000 }).catch(() => assert.fail(shown));
});

async function isReady(world: ProductWorld): Promise<boolean> {
  const answer = await fetch(`${world.stack.gateway}/readyz`);
  await answer.text();
  return answer.ok;
}

Then('the orchestrator is ready', async function (this: ProductWorld) {
  assert.ok(await isReady(this));
});

Then(
  'the orchestrator is not ready, and says how to mend it',
  { timeout: 180_000 },
  async function (this: ProductWorld) {
    const found = await waitFor(
      async () => {
        const list = await reasons(this);
        return list.length > 0 && list;
      },
      { what: 'readiness is lost', within: 170_000 },
    );
    assert.ok(found.every((reason) => (reason['action'] ?? '') !== ''));
  },
);

Then('commands are run all the same', { timeout: 60_000 }, async function (this: ProductWorld) {
  const { code, stdout } = await this.stack.cynode('run', '--commands', 'echo still-here');
  assert.equal(code, 0);
  assert.equal(stdout, 'still-here\n');
});

Then('nothing is queued', async function (this: ProductWorld) {
  const tasks = await this.stack.get('/v1/tasks?status=queued', await this.stack.login());
  assert.deepEqual(at(tasks.json, 'tasks'), []);
});

/** How often the model was given exactly this prompt. */
function askedOf(world: ProductWorld, prompt: string): number {
  return stageOf(world).model.requests.filter(({ json }) => at(json, 'prompt') === prompt).length;
}

Then('the service was asked {string}', function (this: ProductWorld, prompt: string) {
  assert.equal(askedOf(this, prompt), 1);
});

Then('the service was asked {string} twice', function (this: ProductWorld, prompt: string) {
  assert.equal(askedOf(this, prompt), 2);
});

Then('the JSON value says that it was the demo model', function (this: ProductWorld) {
  assert.equal(at(parseJson(this.stack.last.stdout), 'demo'), true);
});

Then("the result's job names the model {string}", function (this: ProductWorld, model: string) {
  const value: unknown = parseJson(this.stack.last.stdout);
  assert.equal(at(value, 'jobs.0.result.inference.model'), model);
});

Then('standard error does not hold {string}', function (this: ProductWorld, text: string) {
  assert.ok(!this.stack.last.stderr.includes(text), this.stack.last.stderr);
});

Then(
  'the status names the model {string} of the kind {string}',
  async function (this: ProductWorld, model: string, kind: string) {
    const status = await this.stack.status();
    assert.equal(at(status, 'inference.kind'), kind);
    assert.equal(at(status, 'inference.models.0'), model);
  },
);
