import type { ModelNode } from './model-node.ts';
import type { PmModelSettings } from './model-settings.ts';
import type { PmModelState } from './pm-model-state.ts';

/** Everything a step is decided from: stored state only. */
export interface PmModelView {
  readonly now: Date;
  readonly state: PmModelState | undefined;
  readonly settings: PmModelSettings;
  readonly loadTimeoutMs: number;
  readonly candidates: readonly ModelNode[];
  readonly demoModel: string | undefined;
}

/** The node and model of a selection, when the node is still a candidate. */
export function placeOf(
  view: PmModelView,
): { readonly node: ModelNode; readonly modelRef: string } | undefined {
  const { state, candidates } = view;
  const node = candidates.find((candidate) => candidate.slug === state?.nodeSlug);
  const modelRef = state?.modelRef;
  return node === undefined || modelRef === undefined ? undefined : { node, modelRef };
}
