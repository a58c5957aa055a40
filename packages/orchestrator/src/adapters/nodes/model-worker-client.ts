import { problemSchema } from '@cynodeai/contracts/common';
import { taggedModel } from '@cynodeai/contracts/model';
import {
  type LoadModelRequest,
  loadModelResponseSchema,
  modelListSchema,
  workerApiRoutes,
} from '@cynodeai/contracts/worker-api';
import { type HttpAnswer, HttpClient } from '@cynodeai/runtime/http';
import { messageOf } from '@cynodeai/runtime/std';
import type { LoadOutcome } from '../../domain/models/load-outcome.ts';
import type { NodeConnection } from '../../ports/nodes.ts';
import type { ModelWorker } from '../../ports/models.ts';

/** Less than the time after which another control plane takes a call for lost, ms. */
const timeoutMs = 10_000;
const maxAnswerBytes = 4 * 1024 * 1024;

function jsonOf({ text }: HttpAnswer): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a refusal says of itself. */
function refusalOf(answer: HttpAnswer): string {
  const problem = problemSchema.safeParse(jsonOf(answer));
  const words = problem.success ? (problem.data.detail ?? problem.data.title) : 'no reason given';
  return `the node answered ${answer.status}: ${words}`;
}

/** The model calls of the Worker API over keep-alive HTTP. */
export class ModelWorkerClient implements ModelWorker {
  readonly #http = new HttpClient(8);

  async loadModel(node: NodeConnection, modelRef: string): Promise<LoadOutcome> {
    const body: LoadModelRequest = { version: 1, model_ref: modelRef };
    try {
      const answer = await this.#call(node, workerApiRoutes.loadModel, body);
      const parsed = loadModelResponseSchema.safeParse(jsonOf(answer));
      if (answer.status >= 300 || !parsed.success) {
        return { kind: 'failed', error: refusalOf(answer) };
      }
      return { kind: parsed.data.status };
    } catch (error) {
      return { kind: 'failed', error: `the node could not be asked: ${messageOf(error)}` };
    }
  }

  async modelStatus(node: NodeConnection, modelRef: string): Promise<LoadOutcome> {
    try {
      const answer = await this.#call(node, workerApiRoutes.listModels);
      const parsed = modelListSchema.safeParse(jsonOf(answer));
      if (answer.status !== 200 || !parsed.success) return { kind: 'unknown' };
      const wanted = taggedModel(modelRef);
      const model = parsed.data.models.find(({ model_ref: ref }) => taggedModel(ref) === wanted);
      if (model?.status === 'available') return { kind: 'available' };
      if (model?.status !== 'loading') {
        return { kind: 'failed', error: model?.error ?? 'the node does not load it any more' };
      }
      const { completed_bytes: completedBytes, total_bytes: totalBytes } = model;
      return completedBytes === undefined || totalBytes === undefined
        ? { kind: 'loading' }
        : { kind: 'loading', progress: { completedBytes, totalBytes } };
    } catch {
      return { kind: 'unknown' };
    }
  }

  /** Cuts every connection. */
  close(): Promise<void> {
    return this.#http.close();
  }

  #call(
    node: NodeConnection,
    route: { readonly method: 'GET' | 'POST'; readonly path: string },
    json?: unknown,
  ): Promise<HttpAnswer> {
    return this.#http.call({
      method: route.method,
      url: `${node.url}${route.path}`,
      headers: { authorization: `Bearer ${node.token}` },
      ...(json !== undefined && { json }),
      timeoutMs,
      maxBytes: maxAnswerBytes,
    });
  }
}
