import type { ServeListener } from './sandbox-engine.ts';
import type { ProblemKind } from '@cynodeai/contracts/common';

/**
 * Why a request did not reach the model service, or got no answer of it.
 * See docs/reference/worker-api.md#inference-relay and docs/reference/sandbox.md#relay.
 */
export interface RelayRefusal {
  readonly kind: Extract<
    ProblemKind,
    | 'inference_unavailable'
    | 'method_not_allowed'
    | 'node_at_capacity'
    | 'node_policy_refused'
    | 'payload_too_large'
    | 'timeout'
    | 'upstream'
    | 'validation'
  >;
  /** One sentence for the caller; it holds no address of the service. */
  readonly message: string;
  /** Seconds after which the caller may try again; only with `node_at_capacity`. */
  readonly retryAfterSeconds?: number;
  /** Methods of the path; only with `method_not_allowed`. */
  readonly allow?: string;
}

/** What the relay answers by itself. */
export interface LocalAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Puts a refusal into the words of one kind of caller. */
export type Refuse = (refusal: RelayRefusal) => LocalAnswer;

/** Which models jobs may use. */
export interface JobModels {
  /** The model as the service knows it, with its tag; undefined for one that is not open to jobs. */
  find(model: string): Promise<string | undefined>;
}

/** The way from sandboxes to the node's model service. See docs/reference/sandbox.md#relay. */
export interface InferenceRelay {
  /** Whether a model service answers now. */
  available(): boolean;
  /** Serves one sandbox under the rules of section 7.2. */
  readonly serve: ServeListener;
}
