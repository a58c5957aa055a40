import { FakeGateway } from '@cynodeai/testing/doubles';
import { afterEach, beforeEach } from 'vitest';
import { Home } from './cynork.ts';

/** A gateway, and a home whose commands find it. */
export interface Place {
  readonly gateway: FakeGateway;
  readonly home: Home;
}

/** Gives each test of a file a place of its own, and takes it away afterwards. */
export function eachTest(begin: (place: Place) => unknown): void {
  let opened: readonly AsyncDisposable[] = [];
  beforeEach(async () => {
    const gateway = await FakeGateway.start();
    const home = await Home.create(gateway);
    opened = [home, gateway];
    await begin({ gateway, home });
  });
  afterEach(async () => {
    for (const one of opened) await one[Symbol.asyncDispose]();
  });
}
