import { expect } from 'vitest';
import { pmModelKeys, pmModelSettingsOf } from '../../src/domain/models/model-settings.ts';
import { selectModel } from '../../src/domain/models/select-model.ts';
import { type Sketch, node, now } from './model-nodes.ts';

/** What the choice of a model comes to. */
export interface Case {
  readonly name: string;
  readonly nodes: readonly Sketch[];
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly demo?: string;
  /** Node, model, codes. */
  readonly want: readonly [string | undefined, string | undefined, readonly string[]];
}

export const { executionMode, mode, needsApproval, preferHost, pinned, tiers } = pmModelKeys;
export const small = 'qwen3.5:0.8b';

/** Downloads are agreed to unless a case says otherwise. */
export const settingsOf = (values: Readonly<Record<string, unknown>> = {}) =>
  pmModelSettingsOf(new Map(Object.entries({ [needsApproval]: false, ...values })));

/** Node, model and reason list must be exactly what the case wants. */
export function expectChoice({ nodes, settings, demo, want }: Case): void {
  const selection = selectModel({
    settings: settingsOf(settings),
    candidates: nodes.map(node),
    demoModel: demo,
    now,
  });
  const [slug, ref] = selection.kind === 'local' ? [selection.node.slug, selection.modelRef] : [];
  expect([slug, ref, selection.reasons]).toEqual(want);
  if (selection.kind === 'local') {
    expect(selection.available).toBe(!selection.reasons.includes('load_requested'));
  }
}
