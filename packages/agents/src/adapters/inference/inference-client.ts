import { agentCallLimits, agentInferenceRoutes } from '@cynodeai/contracts/control-plane';
import { CallError, type HttpClient, callRoute } from '@cynodeai/runtime/call';
import type { Secret } from '@cynodeai/runtime/config';
import { type Inference, NoReply } from '../../ports/inference.ts';

export interface InferenceClientOptions {
  /** Of the control plane. */
  readonly baseUrl: string;
  readonly token: Secret;
  readonly client: HttpClient;
}

/** So much longer than a call may take its answer may be on its way, ms. */
const slackMs = 15_000;

function noReply(error: CallError): NoReply {
  const words = error.detail ?? error.message;
  if (error.kind === 'no_inference_path') return new NoReply('no_path', words, { cause: error });
  const isRefused = error.status !== undefined && error.status < 500;
  return new NoReply(isRefused ? 'refused' : 'failed', words, { cause: error });
}

/** Models by way of the control plane, which alone knows where they are. */
export function inferenceClient({ baseUrl, token, client }: InferenceClientOptions): Inference {
  const timeoutMs = agentCallLimits.timeoutMs.max + slackMs;
  return {
    ask: async (question, signal) => {
      try {
        const { body } = await callRoute(
          agentInferenceRoutes.askModel,
          { body: question },
          { baseUrl, client, bearer: token, timeoutMs, signal },
        );
        return {
          text: body.message.content,
          isCut: body.finish_reason === 'length',
          modelRef: body.model_ref,
          target: body.target,
          decisionId: body.decision_id,
        };
      } catch (error) {
        throw error instanceof CallError ? noReply(error) : error;
      }
    },
  };
}
