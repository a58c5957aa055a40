import type { User } from '@cynodeai/contracts/gateway';
import { as, createUser, type WithToken } from './admin.ts';
import { type TestGateway, startTestGateway } from './gateway.ts';
import type { Answer } from './http.ts';
import { type TestUser, addUser, bindRole } from './users.ts';

/** An owner who looks after users, at two gateways on one database: what one decides binds the other. */
export class Administration implements AsyncDisposable {
  readonly one: TestGateway;
  readonly two: TestGateway;
  readonly root: TestUser;
  /** Binding of the owner's role. */
  readonly rootBinding: string;
  #counter = 0;

  private constructor(one: TestGateway, two: TestGateway, root: TestUser, rootBinding: string) {
    this.one = one;
    this.two = two;
    this.root = root;
    this.rootBinding = rootBinding;
  }

  static async start(rootHandle = 'root'): Promise<Administration> {
    const one = await startTestGateway();
    const two = await startTestGateway({ beside: one });
    const root = await addUser(one, rootHandle);
    const binding = await bindRole(one, { type: 'user', id: root.id }, 'owner');
    await one.db.insertInto('users').values({ handle: 'system' }).execute();
    return new Administration(one, two, root, binding);
  }

  /** One nobody has. */
  handleOf(name: string): string {
    this.#counter += 1;
    return `${name}-${this.#counter}`;
  }

  /** A user with the usual password, made over HTTP. */
  newUser(name: string): Promise<User> {
    return createUser(this.one, this.root, this.handleOf(name));
  }

  /** A user with a session and a role of the system. */
  async holderOf(role: string): Promise<TestUser> {
    const user = await addUser(this.one, this.handleOf(role));
    await bindRole(this.one, { type: 'user', id: user.id }, role);
    return user;
  }

  post(path: string, json?: unknown, who: WithToken = this.root): Promise<Answer> {
    return as(this.one, who, 'POST', path, json);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.two[Symbol.asyncDispose]();
    await this.one[Symbol.asyncDispose]();
  }
}
