import { canonicalModel } from '@cynodeai/contracts/model';
import { workerApiRoutes } from '@cynodeai/contracts/worker-api';
import { CallError, type HttpClient, callRoute, exactTrust } from '@cynodeai/runtime/call';
import { messageOf } from '@cynodeai/runtime/std';
import { keptReason } from '../../domain/jobs/kept-reason.ts';
import type { LoadOutcome } from '../../domain/models/load-outcome.ts';
import type { ModelWorker } from '../../ports/models.ts';
import type { NodeConnection } from '../../ports/nodes.ts';

/** Connections to one node for its models: they queue behind no job. */
export const modelLanes = { models: 8 } as const;

type Lane = keyof typeof modelLanes;

/** Less than the time after which another control plane takes a call for lost, ms. */
const timeoutMs = 10_000;
const maxBytes = 4 * 1024 * 1024;

/** What a call that gave no usable answer says of itself. */
function faultOf(error: unknown): string {
  if (!(error instanceof CallError) || error.status === undefined) {
    return `the node could not be asked: ${messageOf(error)}`;
  }
  return keptReason(`the node answered ${error.status}: ${error.detail ?? 'no reason given'}`);
}

/** The model calls of the Worker API. */
export class ModelWorkerClient implements ModelWorker {
  readonly #http: Pick<HttpClient<Lane>, 'open'>;

  /** @param http has `modelLanes`; its owner closes it */
  constructor(http: Pick<HttpClient<Lane>, 'open'>) {
    this.#http = http;
  }

  async loadModel(
    node: NodeConnection,
    modelRef: string,
    signal: AbortSignal,
  ): Promise<LoadOutcome> {
    const body = { version: 1, model_ref: modelRef } as const;
    try {
      const call = this.#call(node, signal);
      const answer = await callRoute(workerApiRoutes.loadModel, { body }, call);
      return { kind: answer.body.status };
    } catch (error) {
      return signal.aborted ? { kind: 'unknown' } : { kind: 'failed', error: faultOf(error) };
    }
  }

  async modelStatus(
    node: NodeConnection,
    modelRef: string,
    signal: AbortSignal,
  ): Promise<LoadOutcome> {
    try {
      const { body } = await callRoute(workerApiRoutes.listModels, {}, this.#call(node, signal));
      const wanted = canonicalModel(modelRef);
      const model = body.models.find(({ model_ref: ref }) => canonicalModel(ref) === wanted);
      if (model?.status === 'available') return { kind: 'available' };
      if (model?.status !== 'loading') {
        return {
          kind: 'failed',
          error: keptReason(model?.error ?? 'the node does not load it any more'),
        };
      }
      const { completed_bytes: completedBytes, total_bytes: totalBytes } = model;
      return completedBytes === undefined || totalBytes === undefined
        ? { kind: 'loading' }
        : { kind: 'loading', progress: { completedBytes, totalBytes } };
    } catch {
      return { kind: 'unknown' };
    }
  }

  #call({ url: baseUrl, token: bearer, certificate }: NodeConnection, signal: AbortSignal) {
    const lane: Lane = 'models';
    const trust = exactTrust(certificate);
    return { client: this.#http, baseUrl, bearer, trust, lane, timeoutMs, signal, maxBytes };
  }
}
