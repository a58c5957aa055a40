import { type PmModelStep, advanceModel } from '../../src/domain/models/advance-model.ts';
import { type LoadOutcome, applyOutcome } from '../../src/domain/models/load-outcome.ts';
import type { ModelNode, NodeModel } from '../../src/domain/models/model-node.ts';
import type { ModelNote } from '../../src/domain/models/model-notes.ts';
import { pmModelKeys, pmModelSettingsOf } from '../../src/domain/models/model-settings.ts';
import type { PmModelState } from '../../src/domain/models/pm-model-state.ts';
import type { PmModelView } from '../../src/domain/models/pm-model-view.ts';

/** One install in memory: what a database would hold, and a clock. */
export class World {
  now = new Date('2026-01-01T00:00:00.000Z');
  state: PmModelState | undefined;
  /** Downloads are agreed to unless a test says otherwise. */
  settings: Record<string, unknown> = { [pmModelKeys.needsApproval]: false };
  demoModel: string | undefined;
  nodes: ModelNode[] = [];
  loads: string[] = [];
  /** What the registry keeps of nodes that are no candidates now. */
  readonly #away = new Map<string, ModelNode['models']>();
  #ids = 0;

  add(slug: string, extra: Partial<ModelNode> = {}): void {
    this.nodes.push({
      nodeId: slug,
      slug,
      isOrchestratorHost: false,
      vramTotalMb: 0,
      reportKey: 'r',
      models: this.#away.get(slug) ?? new Map(),
      ...extra,
    });
  }

  remove(slug: string): void {
    for (const node of this.nodes) if (node.slug === slug) this.#away.set(slug, node.models);
    this.nodes = this.nodes.filter((node) => node.slug !== slug);
  }

  pass(ms: number): void {
    this.now = new Date(this.now.getTime() + ms);
  }

  /** What a report of the node says of a model; details stay as the registry keeps them. */
  report(slug: string, ref: string, status: NodeModel['status']): void {
    const model = this.model(slug, ref);
    const empty = { attempts: 0, retryAt: undefined, failedUnder: undefined, error: undefined };
    this.#set(slug, ref, {
      ...(status === 'available'
        ? { ...empty, loadingSince: undefined }
        : { ...empty, loadingSince: undefined, ...model }),
      status,
    });
  }

  model(slug: string, ref: string): NodeModel | undefined {
    return this.nodes.find((node) => node.slug === slug)?.models.get(ref);
  }

  #set(slug: string, ref: string, model: NodeModel): void {
    this.nodes = this.nodes.map((node) =>
      node.slug === slug ? { ...node, models: new Map([...node.models, [ref, model]]) } : node,
    );
  }

  #save(state: PmModelState, notes: readonly ModelNote[]): void {
    this.state = state;
    for (const note of notes) this.#set(note.nodeId, note.modelRef, note.model);
  }

  view(): PmModelView {
    return {
      now: this.now,
      state: this.state,
      settings: pmModelSettingsOf(new Map(Object.entries(this.settings))),
      loadTimeoutMs: 60_000,
      candidates: this.nodes,
      demoModel: this.demoModel,
    };
  }

  step(): PmModelStep {
    const step = advanceModel(this.view(), () => `load-${(this.#ids += 1)}`);
    this.#save(step.state, step.notes);
    if (step.call?.kind === 'load') this.loads.push(`${step.call.nodeId} ${step.call.modelRef}`);
    return step;
  }

  answer(loadId: string, outcome: LoadOutcome): boolean {
    const applied = applyOutcome(this.view(), loadId, outcome);
    if (applied !== undefined) this.#save(applied.state, applied.notes);
    return applied !== undefined;
  }

  /** Steps until nothing is to be called; nodes answer by model. */
  settle(answers: Readonly<Record<string, LoadOutcome>>): PmModelState | undefined {
    for (let round = 0; round < 50; round += 1) {
      const { call } = this.step();
      if (call === undefined) return this.state;
      this.answer(
        call.loadId,
        answers[call.modelRef] ?? { kind: 'failed', error: 'no such model' },
      );
    }
    throw new Error('it does not settle');
  }
}
