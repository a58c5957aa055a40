import { at, parseJsonOr } from '@cynodeai/runtime/std';
import { type ModelCall, answerModelCall, startModelServer } from '@cynodeai/demo-model/wire';
import { silentLog } from '@cynodeai/runtime/observe';
import { once } from 'node:events';
import { type WaitOptions, waitFor } from '../harness/wait-for.ts';
import { performOnWire } from './perform.ts';
import { ModelQueue, contextQuirk, thinkQuirk } from './quirks.ts';
import type { Behaviour, ModelRequest, Script } from './script.ts';
import { ScriptedModels, defaultVersion, scriptedBackend } from './scripted-backend.ts';

export interface ScriptedModelOptions extends Script {
  /** Any free port when absent; 11434 to be the Ollama of this host. */
  readonly port?: number;
  /** 127.0.0.1 when absent. */
  readonly host?: string;
  /** Models on disk; `scripted:latest` when absent. */
  readonly models?: readonly string[];
  /** Entries of its list that stand for models of its maker's cloud. */
  readonly remoteModels?: readonly string[];
}

/** A model that does what a test says, behind the wire of a real one. */
export interface ScriptedModel {
  /** Base address without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Every request so far, oldest first. */
  readonly requests: readonly ModelRequest[];
  /** Requests that a real service would have sent on to the cloud of its maker, oldest first. */
  readonly forwarded: readonly ModelRequest[];
  /** Requests whose input a real service would have cut without a word, oldest first. */
  readonly cut: readonly ModelRequest[];
  /** Models on disk now. */
  readonly models: readonly string[];
  /** Replaces the parts of the script that are given. */
  setScript(script: Script): void;
  /** Puts a model on disk. */
  addModel(name: string): void;
  /** Takes a model from memory and disk. */
  evictModel(name: string): void;
  /** Waits for the first request to a path, now or later. */
  waitForRequest(path: string, options?: WaitOptions): Promise<ModelRequest>;
  /** Closes the port and cuts what is open. */
  close(): Promise<void>;
}

const modelPaths = [
  '/api/generate',
  '/api/chat',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/messages',
];

/** The models a request is about. */
function namesOf({ json }: ModelRequest): readonly string[] {
  return [at(json, 'model'), at(json, 'name')].filter((name) => typeof name === 'string');
}

function behaviourOf(script: Script, request: ModelRequest): Behaviour {
  const { reply = 'scripted answer' } = script;
  const chosen = typeof reply === 'function' ? reply(request) : reply;
  return typeof chosen === 'string' ? { kind: 'say', text: chosen } : chosen;
}

function recordOf(call: ModelCall, earlier: readonly ModelRequest[]): ModelRequest {
  const { method, path, headers, response } = call;
  const text = call.body.toString('utf8');
  return {
    method,
    path,
    headers,
    text,
    json: parseJsonOr(text),
    turn: earlier.filter((request) => request.path === path).length,
    ended: once(response, 'close').then(() => (response.writableFinished ? 'answered' : 'lost')),
  };
}

/** Starts a scripted model; end it with `close`. */
export async function startScriptedModel(
  options: ScriptedModelOptions = {},
): Promise<ScriptedModel> {
  const host = options.host ?? '127.0.0.1';
  const models = new ScriptedModels(options.models ?? ['scripted'], options.remoteModels);
  const forwarded: ModelRequest[] = [];
  const requests: ModelRequest[] = [];
  let script: Script = options;

  const cut: ModelRequest[] = [];
  const queue = new ModelQueue();

  const take = async (call: ModelCall): Promise<void> => {
    const request = recordOf(call, requests);
    requests.push(request);
    if (namesOf(request).some((name) => models.isRemote(name))) forwarded.push(request);
    const intercepted = script.intercept?.(request);
    const isModelCall = modelPaths.includes(call.path) && call.method === 'POST';
    const { quirks = {}, version = defaultVersion } = script;
    const held = contextQuirk(request, quirks, version);
    if (held === 'cut') cut.push(request);
    const behaviour =
      intercepted ??
      (held === 'cut' ? undefined : held) ??
      thinkQuirk(request, quirks) ??
      (isModelCall ? behaviourOf(script, request) : { kind: 'say' as const, text: '' });
    const outcome = await performOnWire(call, behaviour);
    if (outcome === 'answered') return;
    await answerModelCall(call, scriptedBackend(models, script, call, outcome.words));
  };

  const answer = async (call: ModelCall): Promise<void> => {
    if (!modelPaths.includes(call.path)) return take(call);
    if (!(await queue.enter(script.quirks ?? {}))) {
      await performOnWire(call, { kind: 'busy' });
      return;
    }
    try {
      await take(call);
    } finally {
      queue.leave();
    }
  };

  const server = await startModelServer({
    listen: { host, port: options.port ?? 0 },
    log: silentLog,
    answer,
  });
  return {
    url: `http://${host}:${server.port}`,
    port: server.port,
    requests,
    forwarded,
    cut,
    get models() {
      return [...models.onDisk.keys()];
    },
    setScript: (part) => {
      script = { ...script, ...part };
    },
    addModel: (name) => models.add(name),
    evictModel: (name) => models.evict(name),
    waitForRequest: (path, wait) =>
      waitFor(() => requests.find((request) => request.path === path), {
        what: `a request to ${path}`,
        ...wait,
      }),
    close: () => server.close({ force: true }),
  };
}
