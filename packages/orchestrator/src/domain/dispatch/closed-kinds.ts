import type { NodeFacts } from './node-facts.ts';
import { type WaitingReason, eligibleNodes } from './select-node.ts';

/** What tells kinds of queued jobs apart, as far as any node may take them. */
export interface JobKind {
  readonly useInference: boolean;
  readonly hasFolder: boolean;
  readonly secrets: boolean;
}

type Need = keyof JobKind;

/** Kinds of jobs that no node may take, and why. */
export interface ClosedKinds {
  readonly kinds: readonly JobKind[];
  readonly reason: WaitingReason;
  /** For people, where the words of the reason would not be true. */
  readonly text?: string;
}

/** What each need is called; in the order in which the choice of a node looks at them. */
const called: Readonly<Record<Need, string>> = {
  useInference: 'a way to a model',
  hasFolder: 'a place for folders',
  secrets: 'a place for secrets',
};
const needs = Object.keys(called) as readonly Need[];
const nothing: JobKind = { useInference: false, hasFolder: false, secrets: false };

/** All of them: every need there or not. */
const everyKind: readonly JobKind[] = needs.reduce<readonly JobKind[]>(
  (kinds, need) => kinds.flatMap((kind) => [kind, { ...kind, [need]: true }]),
  [nothing],
);

type Reason = Omit<ClosedKinds, 'kinds'>;

function reasonOf(nodes: readonly NodeFacts[], kind: JobKind): Reason | undefined {
  const whyNot = (one: JobKind): WaitingReason | undefined => {
    const found = eligibleNodes(nodes, { ...one, refusedBy: [] });
    return typeof found === 'string' ? found : undefined;
  };
  const reason = whyNot(kind);
  if (reason === undefined) return undefined;
  const wanted = needs.filter((need) => kind[need]);
  const single = wanted.map((need) => whyNot({ ...nothing, [need]: true }));
  const missing = single.find((one) => one !== undefined);
  if (missing !== undefined) return { reason: missing };
  if (wanted.length < 2) return { reason };
  const all = wanted.map((need) => called[need]).join(' and ');
  return { reason, text: `no node has ${all} at once; cynode doctor on a node says what it lacks` };
}

/**
 * Why jobs of a kind wait although a slot may be free; a busy node is no such reason. What no node has at all is named
 * before what only none has together.
 * See docs/reference/leases.md#which-one-is-chosen.
 */
export function closedKinds(nodes: readonly NodeFacts[]): readonly ClosedKinds[] {
  const told = new Map<string, ClosedKinds>();
  for (const kind of everyKind) {
    const why = reasonOf(nodes, kind);
    if (why === undefined) continue;
    const key = `${why.reason} ${why.text ?? ''}`;
    told.set(key, { ...why, kinds: [...(told.get(key)?.kinds ?? []), kind] });
  }
  return [...told.values()];
}
