import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readEnv } from '@cynodeai/runtime/config';
import type { ReadinessReason } from '@cynodeai/contracts/common';
import { type ScriptedModelOptions, startScriptedModel } from '@cynodeai/testing';
import { FakeGateway } from '@cynodeai/testing/doubles';
import { AnsweringServer, json } from '@cynodeai/testing/harness';
import type { InferencePath } from '../../src/domain/inference.ts';
import { isImageImported, markerPath } from '../../src/image/image-marker.ts';
import { readRecipe } from '../../src/image/recipe.ts';
import { findInstallAt, storeChoices } from '../../src/install/install.ts';
import { openSecrets } from '../../src/install/secrets.ts';
import type { StackState } from '../../src/stack/stack-state.ts';
import { pretendRunning } from '../fixtures/pretend-running.ts';
import { type TestInstall, testInstall } from '../fixtures/test-install.ts';

/** An install of its own for one run of `cynode`, and what stands around it. */
export class Stage implements AsyncDisposable {
  readonly test: TestInstall;
  readonly env: Record<string, string>;
  readonly #scope: AsyncDisposableStack;

  private constructor(scope: AsyncDisposableStack, test: TestInstall) {
    this.#scope = scope;
    this.test = test;
    const { HOME = '', CYNODE_HOME = '' } = test.env;
    // No model service of this machine may get into an example.
    this.env = { HOME, CYNODE_HOME, PATH: readEnv()['PATH'] ?? '', OLLAMA_PORT: '1' };
  }

  static async open(): Promise<Stage> {
    const scope = new AsyncDisposableStack();
    return new Stage(scope, scope.use(await testInstall()));
  }

  file(name: string, content: string | Buffer): void {
    writeFileSync(join(this.env['HOME'] ?? '', name), content);
  }

  /** The sandbox image is there, as far as the install knows. */
  withImage(): void {
    const { install } = this.test;
    writeFileSync(markerPath(install), `${readRecipe(install.checkout).hash}\n`);
    if (!isImageImported(install)) throw new Error('the marker says that the image is there');
  }

  /** A stack runs, its gateway a double that proves whose it is; the node is ready. */
  async running(
    path: InferencePath = { kind: 'none' },
    more: Partial<StackState> = {},
  ): Promise<FakeGateway> {
    const { install } = this.test;
    // It would be one the stack was not started with.
    delete this.env['OLLAMA_PORT'];
    const secrets = openSecrets(install.paths);
    const gateway = this.#scope.use(await FakeGateway.start(secrets.gatewayProof));
    gateway.identity.addUser('admin', secrets.adminPassword.reveal());
    const ports = { ...install.ports, userGateway: gateway.port };
    await storeChoices(install, { ports, served: true, inference: { choice: 'auto', path } });
    this.withImage();
    const state = { workerUrl: gateway.url, controlPlaneUrl: gateway.url, ...more };
    this.#scope.use(
      pretendRunning(findInstallAt(install.paths.home) ?? install, gateway.url, path, state),
    );
    return gateway;
  }

  /** A stack runs that is not ready for prompts; call `go` once that was told. */
  async notReady(
    reason: ReadinessReason,
    path: InferencePath,
  ): Promise<{ readonly gateway: FakeGateway; readonly go: () => void }> {
    // The node itself is well.
    const node = this.#scope.use(await AnsweringServer.start(json(200, { status: 'ready' })));
    const gateway = await this.running(path, { workerUrl: node.url });
    gateway.notReady.push(reason);
    return { gateway, go: () => void gateway.notReady.splice(0) };
  }

  /** A model service that is named. */
  async model(options: ScriptedModelOptions): Promise<string> {
    const model = await startScriptedModel(options);
    this.#scope.defer(() => model.close());
    this.env['OLLAMA_BASE_URL'] = model.url;
    return model.url;
  }

  /** A model service that the install uses. */
  async uses(options: ScriptedModelOptions): Promise<void> {
    const url = await this.model(options);
    delete this.env['OLLAMA_BASE_URL'];
    const path = { kind: 'ollama', url } as const;
    await storeChoices(this.test.install, { inference: { choice: 'auto', path } });
  }

  /** The install has served, and somebody else has its gateway's port now. */
  async portTaken(): Promise<void> {
    const { install } = this.test;
    const holder = this.#scope.use(await AnsweringServer.start());
    const ports = { ...install.ports, userGateway: holder.port };
    await storeChoices(install, { ports, served: true });
    this.withImage();
  }

  /** Anything else that answers at the named address. */
  async stranger(status: number, body: object): Promise<void> {
    const server = this.#scope.use(await AnsweringServer.start(json(status, body)));
    this.env['OLLAMA_BASE_URL'] = server.url;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#scope.disposeAsync();
  }
}
