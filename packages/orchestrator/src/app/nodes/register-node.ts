import type {
  NodeBootstrapPayload,
  NodeCapabilityReport,
  NodeIdentity,
} from '@cynodeai/contracts/control-plane';
import { OrchestratorError } from '../../domain/errors.ts';
import { checkPayload } from '../../domain/nodes/check-payload.ts';
import {
  type IdentityProof,
  type RegistrationDecision,
  type RegistrationRefusal,
  decideRegistration,
} from '../../domain/nodes/registration.ts';
import type { ClientContext } from '../../ports/identity.ts';
import type { NodeChallenges, NodeTokenIssuer } from '../../ports/node-secrets.ts';
import type { NodeTransaction, StoredNode } from '../../ports/node-registry.ts';
import { refreshDesiredConfig } from './desired-config.ts';
import { type RefreshConfigsDeps, refreshConfigs } from './refresh-configs.ts';

export interface RegisterNodeDeps extends RefreshConfigsDeps {
  readonly issuer: NodeTokenIssuer;
  readonly challenges: NodeChallenges;
  readonly paths: { readonly register: string; readonly config: string };
}

export interface Registration {
  readonly report: NodeCapabilityReport;
  readonly identity: NodeIdentity | undefined;
  readonly client: ClientContext;
}

/** What a registration came to. */
export type RegistrationOutcome =
  | {
      readonly kind: 'registered';
      readonly created: boolean;
      readonly bootstrap: NodeBootstrapPayload;
    }
  | { readonly kind: 'challenged'; readonly challenge: string };

/** What the transaction found: the decision, and the node as it is now. */
interface Judged {
  readonly decision: RegistrationDecision;
  readonly node: StoredNode;
}

async function proofOf(
  { report, identity }: Registration,
  { challenges, clock }: RegisterNodeDeps,
): Promise<IdentityProof> {
  if (identity?.proof === undefined) return { kind: 'none' };
  const slug = report.node.node_slug;
  const { public_key: publicKey, proof } = identity;
  if (!challenges.isSignedBy(publicKey, { slug, ...proof })) return { kind: 'invalid' };
  const epoch = await challenges.epochOf(proof.challenge, slug, clock.now());
  return epoch === undefined ? { kind: 'invalid' } : { kind: 'signed', epoch };
}

/** A fresh slug goes to the first who inserts it; whoever comes at the same time finds it known. */
async function judge(
  tx: NodeTransaction,
  { report, identity }: Registration,
  proof: IdentityProof,
  now: Date,
): Promise<Judged> {
  const slug = report.node.node_slug;
  const publicKey = identity?.public_key;
  const presented = { publicKey, proof };
  const created = await tx.create(slug, publicKey, now);
  if (created !== undefined) {
    return { decision: decideRegistration(undefined, presented, now), node: created };
  }
  const node = await tx.lockSlug(slug);
  const decision = decideRegistration({ ...node.identity, epoch: node.jwtEpoch }, presented, now);
  if (decision.kind !== 'admit') return { decision, node };
  const { how } = decision;
  const readmitted = await tx.readmit(node.id, {
    publicKey,
    settles: how !== 'again',
    spendsAllowance: how === 'allowed',
    at: now,
  });
  return { decision, node: readmitted };
}

/** Stores what an admitted node says and makes its configuration, which carries a new Worker token. */
async function takeIn(
  tx: NodeTransaction,
  node: StoredNode,
  reason: string,
  { report, client }: Registration,
  deps: RegisterNodeDeps,
): Promise<void> {
  const { reported_at: _time, ...facts } = report;
  await tx.saveReport(node.id, { report, hash: deps.hash(facts), at: deps.clock.now() });
  await refreshDesiredConfig(tx, node, report, deps);
  await tx.audit({ slug: node.slug, reason, client });
}

async function bootstrapOf(
  node: StoredNode,
  deps: RegisterNodeDeps,
): Promise<NodeBootstrapPayload> {
  const now = deps.clock.now();
  const { jwt, expiresAt } = await deps.issuer.issue(
    { nodeId: node.id, slug: node.slug, epoch: node.jwtEpoch },
    now,
  );
  return {
    version: 1,
    issued_at: now.toISOString(),
    orchestrator: {
      base_url: deps.publicUrl,
      endpoints: {
        worker_registration_url: `${deps.publicUrl}${deps.paths.register}`,
        node_report_url: `${deps.publicUrl}${deps.reportPath}`,
        node_config_url: `${deps.publicUrl}${deps.paths.config}`,
      },
    },
    auth: { node_jwt: jwt, expires_at: expiresAt.toISOString() },
  };
}

function refusal(reason: RegistrationRefusal, slug: string): OrchestratorError {
  const message = {
    other_identity: `the slug ${slug} is that of another node; if this node lost its state folder, an administrator lets it in once, within an hour, with: cynork nodes allow-reregister ${slug}`,
    proof_invalid: `the proof that this is node ${slug} is wrong, late, or was used before; register again`,
  }[reason];
  return new OrchestratorError('node_identity_refused', message);
}

/**
 * Registers a node whose pre-shared key was checked, or registers it anew once it proved that it is the same: it gets
 * no work until it acknowledges its configuration, and its older JWTs and Worker token stop working.
 * See docs/reference/nodes.md#registration and docs/reference/nodes.md#identity.
 * @throws OrchestratorError `input_invalid`, `worker_url_invalid`, `node_identity_refused`.
 */
export async function registerNode(
  registration: Registration,
  deps: RegisterNodeDeps,
): Promise<RegistrationOutcome> {
  const { report, client } = registration;
  checkPayload(report);
  const slug = report.node.node_slug;
  const proof = await proofOf(registration, deps);
  const { decision, node } = await deps.registry.transaction(async (tx) => {
    const judged = await judge(tx, registration, proof, deps.clock.now());
    if (judged.decision.kind === 'admit') {
      await takeIn(tx, judged.node, judged.decision.how, registration, deps);
    }
    if (judged.decision.kind === 'refuse') {
      await tx.noteRefusal(judged.node.id, client);
    }
    return judged;
  });
  if (decision.kind === 'challenge') {
    const challenge = await deps.challenges.issue({ slug, epoch: node.jwtEpoch }, deps.clock.now());
    return { kind: 'challenged', challenge };
  }
  if (decision.kind === 'refuse') {
    deps.registry.countRefusal({ slug, reason: decision.reason, client });
    deps.log.warn('a registration was refused', { node_slug: slug, reason: decision.reason });
    throw refusal(decision.reason, slug);
  }
  const created = decision.how === 'first';
  // The environment's URL serves one node only: once there are more, the others fall back to what they reported.
  if (created && deps.workerUrlOverride !== undefined) await refreshConfigs(deps, node.id);
  deps.log.info('a node registered', { node_slug: slug, node_id: node.id, how: decision.how });
  if (registration.identity === undefined) {
    deps.log.warn('a node registered without a key, and cannot prove later who it is', {
      node_slug: slug,
    });
  }
  return { kind: 'registered', created, bootstrap: await bootstrapOf(node, deps) };
}
