import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import { type JobKind, closedKinds } from './closed-kinds.ts';
import { type NodeFacts, isInferenceCapable } from './node-facts.ts';
import { eligibleNodes } from './select-node.ts';

const deaf = { supported: false, disabled: false, answering: false, ordered: false };

/** A node that has of the three what is named. */
const nodeWith = (has: Partial<JobKind>, change: Partial<NodeFacts> = {}): NodeFacts =>
  ableNode(`node-${JSON.stringify(has)}`, {
    takesFolders: has.hasFolder === true,
    jobSecrets: has.secrets === true,
    ...(has.useInference !== true && { inference: deaf }),
    ...change,
  });

const kindOf = (has: Partial<JobKind>): JobKind => ({
  useInference: false,
  hasFolder: false,
  secrets: false,
  ...has,
});
const flags = fc.record({
  useInference: fc.boolean(),
  hasFolder: fc.boolean(),
  secrets: fc.boolean(),
});

/** What is said of jobs of one kind. */
const saidOf = (nodes: readonly NodeFacts[], has: Partial<JobKind>) =>
  closedKinds(nodes).filter(({ kinds }) =>
    kinds.some((kind) => JSON.stringify(kind) === JSON.stringify(kindOf(has))),
  );

describe('why jobs wait', () => {
  it('is one thing for all of them while no node takes work', () => {
    const [closed, ...others] = closedKinds([]);
    expect(closed).toMatchObject({ reason: 'no_dispatchable_node' });
    expect(closed?.kinds).toHaveLength(8);
    expect(others).toEqual([]);
    expect(closedKinds([nodeWith({}, { sandboxSupported: false })])).toMatchObject([
      { reason: 'no_sandbox_node' },
    ]);
  });

  it.each<[Partial<JobKind>, Partial<JobKind>[], string, RegExp | undefined]>([
    [{ useInference: true }, [{}], 'no_inference_capable_node', undefined],
    [{ hasFolder: true }, [{ secrets: true }], 'no_folder_node', undefined],
    [{ secrets: true }, [{ hasFolder: true }], 'no_node_for_secrets', undefined],
    // What no node has is named, whatever else they do not have together.
    [
      { useInference: true, hasFolder: true, secrets: true },
      [{ useInference: true }, { hasFolder: true }],
      'no_node_for_secrets',
      undefined,
    ],
    [
      { useInference: true, secrets: true },
      [{ useInference: true }, { secrets: true }],
      'no_node_for_secrets',
      /^no node has a way to a model and a place for secrets at once; cynode doctor /,
    ],
    [
      { hasFolder: true, secrets: true },
      [{ hasFolder: true }, { secrets: true, useInference: true }],
      'no_node_for_secrets',
      /^no node has a place for folders and a place for secrets at once; /,
    ],
    [
      { useInference: true, hasFolder: true },
      [{ useInference: true, secrets: true }, { hasFolder: true }],
      'no_folder_node',
      /^no node has a way to a model and a place for folders at once; /,
    ],
    [
      { useInference: true, hasFolder: true, secrets: true },
      [
        { useInference: true, hasFolder: true },
        { hasFolder: true, secrets: true },
      ],
      'no_node_for_secrets',
      /^no node has a way to a model and a place for folders and a place for secrets at once; /,
    ],
  ])('of %j where nodes have %j is %s', (wants, have, reason, text) => {
    const nodes = have.map((has) => nodeWith(has));
    expect(saidOf(nodes, wants)).toMatchObject([{ reason }]);
    const [said] = saidOf(nodes, wants);
    if (text === undefined) expect(said?.text).toBeUndefined();
    else expect(said?.text).toMatch(text);
  });

  it('is said once of exactly the kinds that no node may take, busy or not', () => {
    const node = fc.tuple(flags, fc.nat(3)).map(([has, running]) => nodeWith(has, { running }));
    fc.assert(
      fc.property(fc.array(node, { maxLength: 4 }), flags, (nodes, kind) => {
        const isPossible = typeof eligibleNodes(nodes, { ...kind, refusedBy: [] }) !== 'string';
        const said = saidOf(nodes, kind);
        expect(said).toHaveLength(isPossible ? 0 : 1);
        // No reason denies what some node has.
        const plain = said.filter(({ text }) => text === undefined).map(({ reason }) => reason);
        if (nodes.some(isInferenceCapable))
          expect(plain).not.toContain('no_inference_capable_node');
        if (nodes.some((one) => one.takesFolders)) expect(plain).not.toContain('no_folder_node');
        if (nodes.some((one) => one.jobSecrets)) expect(plain).not.toContain('no_node_for_secrets');
      }),
    );
  });
});
