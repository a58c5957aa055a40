import type { CurrentUser, RoleName } from '@cynodeai/contracts/gateway';

/** What a person logs in with. */
export interface Account {
  readonly handle: string;
  readonly password: string;
}

/** How a job under test ends. */
export interface TestedEnd {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

/** A user gateway as its clients see it, and the hands of a test on what clients cannot move. */
export interface GatewayUnderTest extends AsyncDisposable {
  readonly url: string;
  /** Makes an account; no two have one handle. */
  addAccount(): Promise<Account>;
  /** Gives the owner of an account a system role. */
  grant(user: CurrentUser, role: RoleName): Promise<void>;
  /** The one job of a task starts, as if a node had taken it. */
  startJob(taskId: string): Promise<void>;
  /** The started job ends, as if its node had answered. */
  endJob(taskId: string, end: TestedEnd): Promise<void>;
  /** Moves the clock of the gateway, ms. */
  advance(ms: number): void;
}
