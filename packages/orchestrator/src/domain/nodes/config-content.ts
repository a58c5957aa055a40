import type { InferenceBackend } from '@cynodeai/contracts/control-plane';

/** Limits the operator sets for every node; absent = the node's own apply. */
export interface NodeConstraints {
  readonly maxRequestBytes?: number;
  readonly maxJobTimeoutSeconds?: number;
}

export interface ConfigInputs {
  readonly nodeSlug: string;
  readonly orchestratorBaseUrl: string;
  readonly nodeReportUrl: string;
  readonly workerApiTargetUrl: string;
  readonly workerApiBearerToken: string;
  readonly inferenceBackend: InferenceBackend | undefined;
  readonly constraints: NodeConstraints;
}

/** A configuration without the two fields that differ between versions of equal content. */
export interface ConfigContent {
  readonly version: 1;
  readonly node_slug: string;
  readonly orchestrator: {
    readonly base_url: string;
    readonly endpoints: {
      readonly worker_api_target_url: string;
      readonly node_report_url: string;
    };
  };
  readonly worker_api: { readonly orchestrator_bearer_token: string };
  readonly inference_backend?: InferenceBackend;
  readonly policy: { readonly updates: { readonly enable_dynamic_config: boolean } };
  readonly constraints?: {
    readonly max_request_bytes?: number;
    readonly max_job_timeout_seconds?: number;
  };
}

function constraintFields(constraints: NodeConstraints): ConfigContent['constraints'] {
  const { maxRequestBytes, maxJobTimeoutSeconds } = constraints;
  if (maxRequestBytes === undefined && maxJobTimeoutSeconds === undefined) return undefined;
  return {
    ...(maxRequestBytes !== undefined && { max_request_bytes: maxRequestBytes }),
    ...(maxJobTimeoutSeconds !== undefined && { max_job_timeout_seconds: maxJobTimeoutSeconds }),
  };
}

/**
 * The configuration a node should run; its hash decides whether a new version is issued.
 * See docs/reference/nodes.md#configuration.
 */
export function buildConfigContent(inputs: ConfigInputs): ConfigContent {
  const constraints = constraintFields(inputs.constraints);
  return {
    version: 1,
    node_slug: inputs.nodeSlug,
    orchestrator: {
      base_url: inputs.orchestratorBaseUrl,
      endpoints: {
        worker_api_target_url: inputs.workerApiTargetUrl,
        node_report_url: inputs.nodeReportUrl,
      },
    },
    worker_api: { orchestrator_bearer_token: inputs.workerApiBearerToken },
    ...(inputs.inferenceBackend && { inference_backend: inputs.inferenceBackend }),
    policy: { updates: { enable_dynamic_config: false } },
    ...(constraints && { constraints }),
  };
}
