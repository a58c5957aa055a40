import type { GatewayAction } from '@cynodeai/contracts/gateway';
import type { UserActor } from '../../domain/identity/actor.ts';
import type { ClientContext } from '../../ports/identity.ts';

/** What came of a call that changes things. `replayed` is the first answer once more: nothing was done now. */
export type OutcomeKind = 'created' | 'changed' | 'unchanged' | 'removed' | 'replayed';

/** What a use case did, and what it answers with. */
export interface Outcome<Kind extends OutcomeKind, Value> {
  readonly kind: Kind;
  readonly value: Value;
}

/** What an entry point does, as its route says. */
export interface EntryPoint {
  readonly operation: string;
  readonly action: GatewayAction;
  readonly resource: string;
}

/** One call at a door, as its audit row tells it. */
export interface Call extends ClientContext {
  readonly requestId: string;
  readonly entry: EntryPoint;
  /** Milliseconds since the call arrived. */
  readonly elapsedMs: () => number;
  /** The number by which this door tells an outcome; audit rows keep it. */
  readonly codeOf: (outcome: OutcomeKind) => number;
}

/** Who calls, and the call. */
export interface Caller {
  readonly actor: UserActor;
  readonly call: Call;
}
