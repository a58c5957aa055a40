import type { TestProject } from 'vitest/node';
import { type TestServer, startTestServer } from './test-server.ts';

let server: TestServer | undefined;

/** Starts the database server of a test run, once, before its first file. */
export async function setup(project: TestProject): Promise<void> {
  server = await startTestServer();
  project.provide('postgres', server.access);
}

/** Ends it. @throws Error when a test left a database behind. */
export async function teardown(): Promise<void> {
  await server?.stop();
}
