import { afterAll, beforeAll, describe } from 'vitest';
import { testCreation } from './gateway/creation.ts';
import { type Drive, GatewayDriver } from './gateway/driver.ts';
import { testEnds } from './gateway/ends.ts';
import { testEvents } from './gateway/events.ts';
import { testFiles } from './gateway/files.ts';
import { testFolders } from './gateway/folders.ts';
import { testIdempotency } from './gateway/idempotency.ts';
import { testLists } from './gateway/lists.ts';
import { testRefusals } from './gateway/refusals.ts';
import { testRequests } from './gateway/requests.ts';
import { testReruns } from './gateway/reruns.ts';
import { testRoles } from './gateway/roles.ts';
import { testSecrets } from './gateway/secrets.ts';
import { testWorkspaces } from './gateway/workspaces.ts';
import { testSessions } from './gateway/sessions.ts';
import type { GatewayUnderTest } from './gateway/under-test.ts';

/** Each in a block of its own: what one prepares is not prepared for the others. */
const parts = [
  ['requests', testRequests],
  ['sessions', testSessions],
  ['creation', testCreation],
  ['refusals', testRefusals],
  ['idempotency', testIdempotency],
  ['roles', testRoles],
  ['secrets', testSecrets],
  ['workspaces', testWorkspaces],
  ['lists', testLists],
  ['ends', testEnds],
  ['reruns', testReruns],
  ['events', testEvents],
  ['files', testFiles],
  ['folders', testFolders],
] as const;

/**
 * What clients rely on of the user gateway: sessions, tasks and their ends. The real gateway passes it, and so does the
 * fake one, which may stand for it only as far as this goes. Every answer is held against its route strictly.
 */
export function testGateway(name: string, open: () => Promise<GatewayUnderTest>): void {
  describe(`the user gateway of ${name}`, () => {
    let driver: GatewayDriver;
    beforeAll(async () => {
      driver = new GatewayDriver(await open());
    });
    afterAll(() => driver.gateway[Symbol.asyncDispose]());
    const drive: Drive = () => driver;
    for (const [what, part] of parts) describe(what, () => part(drive));
  });
}
