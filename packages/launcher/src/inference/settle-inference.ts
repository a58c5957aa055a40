import {
  modelServiceUrlRule,
  modelServiceUrlSchema,
  withoutWire,
} from '@cynodeai/contracts/common';
import { type Env, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { nodeEnvironment } from '@cynodeai/runtime/environment/node';
import { messageOf } from '@cynodeai/runtime/std';
import { type Install, storeChoices } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { agreedBefore, ask, canAsk } from '../terminal/ask.ts';
import type { Progress } from '../terminal/progress.ts';
import { type Decision, type Findings, decidePath } from '../domain/decide-path.ts';
import { describeDownload, lackOfClient, pullOllama } from './download.ts';
import { nothingStored, storedOllama } from './engine-storage.ts';
import {
  type FoundOllama,
  type InferenceChoice,
  type InferenceSettings,
  agreedFor,
  describePath,
  pullCommand,
  smallestModel,
} from '../domain/inference.ts';
import { canPullModels, lookAtService, probeOllama } from './ollama-probe.ts';

export interface SettleOptions {
  readonly install: Install;
  readonly env: Env;
  /** What the command line says; nothing keeps what is stored. */
  readonly choice: InferenceChoice | undefined;
  readonly yes: boolean;
  /** Whether it matters to this person now that there is only the demo model; it does unless told. */
  readonly tellsDemo?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

const { OLLAMA_PORT } = nodeEnvironment;
const hostSchema = schemaOf({ OLLAMA_PORT });

/** Where an Ollama of this host listens, as the node will look for it. @throws LauncherError `usage`. */
export function hostUrlOf(env: Env): string {
  try {
    return `http://127.0.0.1:${parseEnv(hostSchema, env).OLLAMA_PORT}`;
  } catch (error) {
    throw new LauncherError('usage', messageOf(error));
  }
}

/** Why an address is none; the address itself only where it can hold no password. */
function refuseUrl(text: string, from: string): never {
  const root = withoutWire(text);
  const shown = text.includes('@') ? '' : `, not ${JSON.stringify(text)}`;
  const isFixed = root !== undefined && modelServiceUrlSchema.safeParse(root).success;
  const fix = isFixed ? `; say OLLAMA_BASE_URL=${root}` : '';
  throw new LauncherError('usage', `${from} ${modelServiceUrlRule}${shown}${fix}`);
}

/** The model service that is named now, else at an earlier start. @throws LauncherError `usage`. */
export function namedUrl(env: Env, stored: string | undefined): string | undefined {
  const text = env['OLLAMA_BASE_URL'];
  const from = text
    ? 'OLLAMA_BASE_URL'
    : 'the address of the model service, kept with the install,';
  const given = text || stored;
  if (given === undefined) return undefined;
  const parsed = modelServiceUrlSchema.safeParse(given);
  return parsed.success ? parsed.data : refuseUrl(given, from);
}

export interface LookOptions {
  readonly install: Install | undefined;
  readonly env: Env;
  /** The service named at an earlier start, while it counts. */
  readonly storedUrl: string | undefined;
  readonly needsDownload: boolean;
}

/** Looks at everything the decision depends on. @throws LauncherError `usage`. */
export async function lookAround(options: LookOptions): Promise<Findings> {
  const { install, env, storedUrl, needsDownload } = options;
  const url = namedUrl(env, storedUrl);
  const hostUrl = hostUrlOf(env);
  const [host, look, stored] = await Promise.all([
    probeOllama(hostUrl),
    url === undefined ? undefined : lookAtService(url),
    install === undefined ? nothingStored : storedOllama({ install, env }),
  ]);
  const named = url === undefined || look === undefined ? undefined : { url, look };
  const isEmpty = (found: FoundOllama | undefined): boolean => found?.models.length === 0;
  const namedIsEmpty = look?.kind === 'ollama' && isEmpty(look.found);
  const asks = named === undefined ? needsDownload || isEmpty(host) : namedIsEmpty;
  const canDownload = asks && (await canPullModels());
  return { hostUrl, host, named, stored, canDownload };
}

/**
 * Decides where the next start of the stack gets its answers, and stores it with the install.
 * @throws LauncherError `setup` when what was demanded is not there, `usage`, `interrupted`.
 */
export async function settleInference(options: SettleOptions): Promise<Install> {
  const { install, env, progress } = options;
  const before = install.inference;
  const choice = options.choice ?? before.choice;
  // Who says `auto` has one chosen anew; what was named once does not count then.
  const storedUrl = options.choice === 'auto' ? undefined : before.ollamaUrl;
  // Who has been told about the demo model is not asked again at every start.
  const mayAsk = canAsk(env) && before.path.kind !== 'demo';
  const needsDownload = choice === 'ollama' || (choice === 'auto' && mayAsk);
  const isOff = choice === 'none' || choice === 'demo';
  if (isOff && env['OLLAMA_BASE_URL']) {
    progress.note(
      `OLLAMA_BASE_URL is not used, because this install was told --inference ${choice}; to use it: cynode up --inference auto`,
    );
  }
  const findings = isOff ? undefined : await lookAround({ install, env, storedUrl, needsDownload });
  const { path, agreedModel } = await carryOut(decidePath({ choice, mayAsk }, findings), options);
  const isThere = findings?.named?.look.kind !== 'silent';
  const isReal = path.kind !== 'demo' && path.kind !== 'none';
  if (before.path.kind === 'demo' && isReal && isThere)
    progress.note(`a real model was found: ${describePath(path)}`);
  const ollamaUrl = isOff ? before.ollamaUrl : findings?.named?.url;
  return storeChoices(install, {
    inference: {
      choice,
      path,
      ...(ollamaUrl !== undefined && { ollamaUrl }),
      ...(agreedModel !== undefined && { agreedModel }),
    },
  });
}

type Settled = Pick<InferenceSettings, 'path' | 'agreedModel'>;

async function carryOut(decision: Decision, options: SettleOptions): Promise<Settled> {
  switch (decision.kind) {
    case 'take': {
      const isUntold = decision.path.kind === 'demo' && options.tellsDemo === false;
      if (decision.note !== undefined && !isUntold) options.progress.note(decision.note);
      const agreedModel = agreedFor(options.install.inference, decision.path);
      return { path: decision.path, ...(agreedModel !== undefined && { agreedModel }) };
    }
    case 'refuse':
      throw new LauncherError('setup', decision.reason);
    case 'offer': {
      const lack = decision.gets === 'service' ? lackOfClient(options.install) : undefined;
      if (lack !== undefined) {
        options.progress.note(lack);
        return carryOut(decision.otherwise, options);
      }
      if (!(await agrees(decision, options))) return carryOut(decision.otherwise, options);
      if (decision.gets === 'service') await pullOllama(options);
      return { path: decision.path, agreedModel: smallestModel };
    }
  }
}

async function agrees(
  { otherwise, gets }: Extract<Decision, { kind: 'offer' }>,
  options: SettleOptions,
): Promise<boolean> {
  const { env, yes, progress, choice, install, signal } = options;
  // Consent to packages is not consent to gigabytes: without a demand it takes a person.
  const demanded = (choice ?? install.inference.choice) === 'ollama';
  if (demanded && agreedBefore(yes, env)) return true;
  const what = await describeDownload(gets);
  if (!canAsk(env)) {
    if (otherwise.kind !== 'refuse') return false;
    throw new LauncherError(
      'setup',
      gets === 'model'
        ? `there is an Ollama here without a model; give --yes to download one (${what}), or get it with: ${pullCommand}`
        : `no Ollama answers here; give --yes to download one (${what}), or start one and say OLLAMA_BASE_URL=http://HOST:11434`,
    );
  }
  progress.done();
  const isDemo = otherwise.kind === 'take' && otherwise.path.kind === 'demo';
  const instead = isDemo ? ' Without it a demo model answers by rules.' : '';
  return ask(`No model is on this machine. Download ${what}?${instead}`, signal);
}
