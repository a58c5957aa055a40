import type { WaitingReason } from '../dispatch/select-node.ts';
import type { PromptWaitingReason } from '../prompts/choose-path.ts';

/** What a person reads of a task that waits, where nothing more exact is known. */
export const codeWords: Readonly<Record<WaitingReason | PromptWaitingReason, string>> = {
  no_dispatchable_node: 'no node takes work now; cynode status says why',
  no_sandbox_node: 'no node can run sandboxes; cynode doctor on a node says why',
  no_inference_capable_node:
    'no node gives sandboxes a way to a model; cynode doctor on a node says why',
  no_folder_node: 'no node takes folders: their cynode is older; update it there',
  no_node_for_secrets:
    'no node can give a job secrets: one needs this version and a folder in memory; cynode doctor on a node says why',
  no_node_for_workspaces: 'no node keeps workspaces: their cynode is older; update it there',
  workspace_node_away:
    'the node its workspace lies on takes no work now; cynork workspaces list names it',
  workspace_busy: 'another task holds its workspace; cynork workspaces list names it',
  refused_by_every_node: 'every node has refused it; cynode doctor on a node says why',
  no_free_slot: 'every node is busy; it starts as soon as a job ends',
  no_inference_path: 'no node can run a model now; cynode status says why',
  pm_model_not_selected: 'no model is selected for prompts; cynode status names the next step',
  pm_model_loading: 'its model is loading; cynode status says how far it is',
  // Readiness knows nothing of these three where they pass in a moment.
  pm_model_unavailable:
    'the model service does not have the model that it was asked for; it is asked again in a moment, and cynode model list says what there is',
  model_service_down:
    'the model service did not take the last call, or the way to it was cut; it is asked again in a moment',
  model_service_busy: 'the model service is busy with other calls; it is asked again in a moment',
  model_answers_others:
    'the model answers another prompt; one follows the other, unless inference.max_concurrency says more',
};

/** The words for a code; undefined for one of another version. See docs/reference/leases.md#which-one-is-chosen. */
export function waitingWords(reason: string): string | undefined {
  return Object.entries(codeWords).find(([code]) => code === reason)?.[1];
}
