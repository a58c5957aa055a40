import { CodedError } from '@cynodeai/runtime/std';

/** What can go wrong between a node and its orchestrator, or while a node starts, by code. */
export type NodeErrorCode =
  /** No answer, 5xx, 429, or a configuration that is not prepared yet: worth another try. */
  | 'orchestrator_unavailable'
  /** 401 or 403: the pre-shared key or the node's token is not accepted. */
  | 'orchestrator_denied'
  /** Another refusal, or an answer that breaks the wire: trying again does not help. */
  | 'orchestrator_refused'
  /** The fetched configuration was answered with a `failed` ack. */
  | 'configuration_failed'
  /** Inference that was ordered or required did not come up; the message names the fix. */
  | 'inference_start_failed'
  /** The Worker API's address cannot be listened on. */
  | 'listen_failed'
  /** The state directory cannot be used; the message names the path and the fix. */
  | 'state_unusable'
  /** Another node process uses the state directory; the message names it. */
  | 'state_locked'
  /** Runtime or mount root stayed unusable; the message names the last reason. */
  | 'startup_check_failed';

/**
 * A fault of the node's own life, as opposed to one of a job.
 * See docs/reference/nodes.md#start-of-a-node.
 */
export class NodeError extends CodedError<NodeErrorCode> {}
