import { defaultPorts } from '@cynodeai/contracts/common';
import { type Env, parseEnv, schemaOf } from '@cynodeai/runtime/config';
import { nodeEnvironment } from '@cynodeai/runtime/environment/node';
import { messageOf, trimEnd } from '@cynodeai/runtime/std';
import { type Install, storeChoices } from '../install/install.ts';
import { LauncherError } from '../base/launcher-error.ts';
import { agreedBefore, ask, canAsk } from '../terminal/ask.ts';
import type { Progress } from '../terminal/progress.ts';
import { type Decision, type Findings, decidePath } from '../domain/decide-path.ts';
import { describeDownload, pullOllama } from './download.ts';
import { nothingStored, storedOllama } from './engine-storage.ts';
import { type InferenceChoice, type InferencePath, describePath } from '../domain/inference.ts';
import { canPullModels, probeOllama } from './ollama-probe.ts';

export interface SettleOptions {
  readonly install: Install;
  readonly env: Env;
  /** What the command line says; nothing keeps what is stored. */
  readonly choice: InferenceChoice | undefined;
  readonly yes: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
}

const { OLLAMA_PORT } = nodeEnvironment;
const hostSchema = schemaOf({ OLLAMA_PORT });

/** Where an Ollama of this host listens, as the node will look for it. @throws LauncherError `usage`. */
function hostUrlOf(env: Env): string {
  try {
    return `http://127.0.0.1:${parseEnv(hostSchema, env).OLLAMA_PORT}`;
  } catch (error) {
    throw new LauncherError('usage', messageOf(error));
  }
}

/** `OLLAMA_BASE_URL` without a trailing slash. @throws LauncherError `usage`. */
export function configuredUrl(env: Env, stored: string | undefined): string | undefined {
  const text = env['OLLAMA_BASE_URL'];
  if (!text) return stored;
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return trimEnd(text, '/');
  throw new LauncherError(
    'usage',
    `OLLAMA_BASE_URL must be an address such as http://127.0.0.1:${defaultPorts.ollama}, not ${JSON.stringify(text)}`,
  );
}

/** Looks at everything the decision depends on. */
export async function lookAround(
  install: Install | undefined,
  env: Env,
  needsDownload: boolean,
): Promise<Findings> {
  const url = configuredUrl(env, install?.inference.ollamaUrl);
  const hostUrl = hostUrlOf(env);
  const [host, configured, stored] = await Promise.all([
    probeOllama(hostUrl),
    url === undefined ? undefined : probeOllama(url),
    install === undefined ? nothingStored : storedOllama({ install, env }),
  ]);
  const empty = [host, configured].some((found) => found?.models.length === 0);
  const canDownload = (needsDownload || empty) && (await canPullModels());
  return { hostUrl, host, configuredUrl: url, configured, stored, canDownload };
}

/**
 * Decides where the next start of the stack gets its answers, and stores it with the install.
 * @throws LauncherError `setup` when what was demanded is not there, `usage`, `interrupted`.
 */
export async function settleInference(options: SettleOptions): Promise<Install> {
  const { install, env, progress } = options;
  const before = install.inference;
  const choice = options.choice ?? before.choice;
  // Who has been told about the demo model is not asked again at every start.
  const mayAsk = canAsk(env) && before.path.kind !== 'demo';
  const asksNetwork = choice === 'ollama' || (choice === 'auto' && mayAsk);
  const findings =
    choice === 'none' || choice === 'demo'
      ? undefined
      : await lookAround(install, env, asksNetwork);
  const decision = decidePath({ choice, mayAsk }, findings);
  const path = await carryOut(decision, options);
  const changed = before.path.kind === 'demo' && path.kind !== 'demo' && path.kind !== 'none';
  if (changed) progress.note(`a real model was found: ${describePath(path)}`);
  const ollamaUrl = findings?.configuredUrl ?? before.ollamaUrl;
  return storeChoices(install, {
    inference: { choice, path, ...(ollamaUrl !== undefined && { ollamaUrl }) },
  });
}

async function carryOut(decision: Decision, options: SettleOptions): Promise<InferencePath> {
  switch (decision.kind) {
    case 'take':
      if (decision.note !== undefined) options.progress.note(decision.note);
      return decision.path;
    case 'refuse':
      throw new LauncherError('setup', decision.reason);
    case 'offer':
      if (!(await agrees(decision.otherwise, options))) {
        return carryOut(decision.otherwise, options);
      }
      return { kind: 'container', image: await pullOllama(options) };
  }
}

async function agrees(otherwise: Decision, options: SettleOptions): Promise<boolean> {
  const { env, yes, progress } = options;
  // Consent to packages is not consent to gigabytes: without a demand it takes a person.
  const demanded = otherwise.kind === 'refuse';
  if (demanded && agreedBefore(yes, env)) return true;
  if (!canAsk(env)) {
    if (!demanded) return false;
    throw new LauncherError(
      'setup',
      `no Ollama answers here; give --yes to download one (${await describeDownload()}), or start one and say OLLAMA_BASE_URL=http://HOST:11434`,
    );
  }
  progress.done();
  const instead = demanded ? '' : ' Without it a demo model answers by rules.';
  return ask(`No model is on this machine. Download ${await describeDownload()}?${instead}`);
}
