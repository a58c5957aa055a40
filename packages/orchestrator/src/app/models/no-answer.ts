import { OrchestratorError } from '../../domain/errors.ts';
import type { PromptWaitingReason } from '../../domain/prompts/choose-path.ts';
import type { RoutingDecision, RoutingRefusal } from '../../domain/routing/decide-route.ts';
import { codeWords } from '../../domain/tasks/waiting-words.ts';
import type { ModelOutcome } from './ask-model.ts';

/** When a caller may ask again what waits for a node or a model, seconds. */
const laterSeconds = 15;

const refusals: Readonly<Record<RoutingRefusal, string>> = {
  external_override_denied:
    'no model outside this install can be asked; ask without override.target and override.provider',
  force_mode_unsatisfied:
    'agents.project_manager.model.selection.execution_mode is force_external and there is no model outside this install; cynork settings changes it',
};

function refused(refusal: RoutingRefusal): OrchestratorError {
  return new OrchestratorError('routing_refused', `${refusal}: ${refusals[refusal]}`);
}

/** @param retryAfterSeconds when something may have changed */
export function noInferencePath(
  reason: PromptWaitingReason,
  retryAfterSeconds: number = laterSeconds,
): OrchestratorError {
  const message = `${reason}: ${codeWords[reason]}`;
  return new OrchestratorError('no_inference_path', message, { retryAfterSeconds });
}

/** Why nobody is asked. */
export function notRouted(decision: RoutingDecision): OrchestratorError {
  switch (decision.outcome) {
    case 'refused':
      return refused(decision.refusal);
    case 'waiting':
      return noInferencePath(decision.waitingFor);
    case 'local':
      return noInferencePath('no_inference_path');
  }
}

/** The caller left, or this process ends. */
export function callEnded(): OrchestratorError {
  return new OrchestratorError('model_call_ended', 'the call was ended here; make it again', {
    retryAfterSeconds: 1,
  });
}

/** Why there is no answer. */
export function notAnswered(
  outcome: Exclude<ModelOutcome, { readonly kind: 'answered' }>,
): OrchestratorError {
  switch (outcome.kind) {
    case 'late':
      return new OrchestratorError('model_timeout', outcome.answer.message);
    case 'too_long':
      return new OrchestratorError('input_too_large', outcome.message);
    case 'failed':
      return new OrchestratorError(
        'model_failed',
        `${outcome.failure.errorType}: ${outcome.failure.message}`,
      );
    case 'not_taken':
      return noInferencePath(outcome.waitingFor, Math.max(1, outcome.delayMs / 1000));
    case 'aborted':
      return callEnded();
  }
}
