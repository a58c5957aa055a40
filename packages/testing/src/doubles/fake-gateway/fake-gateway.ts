import type { ReadinessReason } from '@cynodeai/contracts/common';
import type { CreateTaskRequest } from '@cynodeai/contracts/gateway';
import type { Secret } from '@cynodeai/runtime/config';
import { type HttpServer, bindHealthRoutes } from '@cynodeai/runtime/http';
import { FakeClock } from '../../fake-clock.ts';
import { ScriptedServer, createScriptableServer } from './scripted-server.ts';
import { bindArtifacts } from './bind-artifacts.ts';
import { bindAuth, callerGuard } from './bind-auth.ts';
import { bindFolders } from './bind-folders.ts';
import { FakeSecrets, bindSecrets } from './bind-secrets.ts';
import { FakeWorkspaces, bindWorkspaces } from './bind-workspaces.ts';
import { bindResults } from './bind-results.ts';
import { bindTasks } from './bind-tasks.ts';
import { FakeIdentity, type FakeUser } from './fake-identity.ts';
import type { FakeTask } from './fake-task.ts';
import { FakeTasks } from './fake-tasks.ts';

/** The one person every fake gateway knows from the start, and the access token of a session of theirs. */
export const alice = {
  id: '0198c0de-0000-7000-8000-000000000003',
  handle: 'alice',
  password: 'canary-password-8f2e',
  token: 'token-1',
} as const;

/**
 * A gateway that is a real HTTP server with the routes of the contract, and state: sessions and tasks. Users'
 * administration, roles and settings have no state here; a test writes their answers, as it may for every route.
 */
export class FakeGateway extends ScriptedServer {
  /** It stands until it is moved. */
  readonly clock = new FakeClock(new Date());
  readonly identity = new FakeIdentity(this.clock);
  readonly secrets = new FakeSecrets(this.clock);
  readonly workspaces = new FakeWorkspaces(this.clock);
  readonly tasks = new FakeTasks(this.clock, this.secrets, this.workspaces);
  readonly alice: FakeUser = this.identity.addUser(alice.handle, alice.password, alice.id);

  /** Why it is not ready; it is unless there is a reason. */
  readonly notReady: ReadinessReason[] = [];

  private constructor(server: HttpServer, proofKey: Secret | undefined) {
    super(server);
    this.identity.openSession(this.alice, alice.token);
    const guard = callerGuard(this.identity);
    bindHealthRoutes(server, async () => this.notReady, proofKey);
    bindAuth(server, this.identity, proofKey);
    bindSecrets(server, guard, this.secrets);
    bindWorkspaces(server, guard, this.workspaces, () => this.tasks.all);
    bindTasks(server, guard, this.tasks);
    bindResults(server, guard, this.tasks);
    bindArtifacts(server, guard, this.tasks);
    bindFolders(server, guard, this.tasks);
  }

  /** @param proofKey by which it proves whose gateway it is; absent: it does not */
  static override async start(proofKey?: Secret): Promise<FakeGateway> {
    return new FakeGateway(await createScriptableServer(), proofKey).listen();
  }

  /** Makes a task of alice: one that prints a greeting unless told. */
  addTask(request: CreateTaskRequest = {}): FakeTask {
    const usual = { task_name: 'say-hello', input_mode: 'commands', prompt: 'echo hello' } as const;
    return this.tasks.add(this.alice, { ...usual, ...request });
  }
}
