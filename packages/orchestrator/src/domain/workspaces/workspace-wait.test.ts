import { describe, expect, it } from 'vitest';
import { ableNode } from '../../../test/support/node-facts.ts';
import { planBatch } from '../dispatch/plan-batch.ts';
import { workspaceWait } from './workspace-wait.ts';

const node = ableNode('a', { keepsWorkspaces: true });
const wanted = { name: 'build', nodeId: node.nodeId, isUsed: true, heldBy: undefined };

describe('what jobs of a kept workspace wait for', () => {
  it('is nothing but a slot where its node takes work, or any while it has none', () => {
    expect(workspaceWait([node], wanted)).toBeUndefined();
    const unplaced = { ...wanted, nodeId: undefined, isUsed: false };
    expect(workspaceWait([node], unplaced)).toBeUndefined();
  });

  it('is a node of this version for one that lies nowhere yet', () => {
    const unplaced = { ...wanted, nodeId: undefined, isUsed: false };
    expect(workspaceWait([ableNode('a')], unplaced)).toEqual({ reason: 'no_node_for_workspaces' });
  });

  it('is the task that holds it, before all else', () => {
    const wait = workspaceWait([], { ...wanted, heldBy: 'first' });
    expect(wait?.reason).toBe('workspace_busy');
    expect(wait?.text).toContain('cynork task cancel first');
  });

  it.each([
    [{ enabled: false }, 'is disabled'],
    [{ status: 'inactive' as const }, 'does not answer'],
    [{ ackStatus: undefined }, 'takes no work now'],
  ])('is its node, with why: %j', (change, words) => {
    const wait = workspaceWait([{ ...node, ...change }, ableNode('b')], wanted);
    expect(wait?.reason).toBe('workspace_node_away');
    expect(wait?.text).toContain(`lies on node ${node.slug}, which ${words}`);
  });

  it('is a node that is gone for good', () => {
    const wait = workspaceWait([], wanted);
    expect(wait?.text).toContain('cynork workspaces delete build');
  });
});

it('of jobs of one workspace the first alone is placed, on the node of its content', () => {
  const nodes = [node, ableNode('b', { keepsWorkspaces: true })];
  const job = (jobId: string, id: string, nodeId?: string) => ({
    jobId,
    useInference: false,
    refusedBy: [],
    workspace: { id, nodeId },
  });
  const placed = planBatch(nodes, [job('1', 'x', 'id-b'), job('2', 'x', 'id-b'), job('3', 'y')]);
  expect(placed.map(({ jobId, node: { slug } }) => [jobId, slug])).toEqual([
    ['1', 'b'],
    ['3', 'a'],
  ]);
});
