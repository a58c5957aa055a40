import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { confined } from '@cynodeai/runtime/confine';
import { runCommand } from '@cynodeai/runtime/process';
import { temporaryDirectory } from '@cynodeai/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { certificateFile, settleCertificates } from '../src/install/certificates.ts';
import { parseListenChoice } from '../src/install/listen-choice.ts';
import { pathsOf } from '../src/install/paths.ts';
import { confinementOf } from '../src/roles/confinement.ts';
import type { RolePlace } from '../src/roles/role.ts';
import { processRoles } from '../src/roles/table.ts';

const listen = parseListenChoice('192.0.2.7', [], undefined);
const checkout = join(import.meta.dirname, '../../..');
let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let place: RolePlace;

beforeAll(async () => {
  directory = await temporaryDirectory();
  const paths = pathsOf(directory.path);
  mkdirSync(paths.secrets);
  settleCertificates(paths, listen);
  place = {
    checkout,
    paths,
    listen,
    runDir: directory.path,
    engine: { runtime: 'podman' },
    ports: {
      userGateway: 1,
      controlPlane: 2,
      mcpGateway: 5,
      agents: 6,
      workerApi: 3,
      demoModel: 4,
    },
    inference: { path: { kind: 'demo' } },
  };
});
afterAll(() => directory.remove());

/** Whether a process that is held as a role is can read a file. */
async function reads(role: (typeof processRoles)[number], path: string): Promise<boolean> {
  const command = { program: '/bin/cat', args: [path] };
  const { program, args } = confined(command, confinementOf(role, place, {}), process.arch);
  const { exitCode, stdout } = await runCommand(program, args);
  expect(exitCode === 0).toBe(stdout.includes('PRIVATE KEY'));
  return exitCode === 0;
}

const held = processRoles.filter(({ confinement }) => confinement === 'full');

describe('the key of a door', () => {
  it.each(held.map((role) => [role.name, role] as const))(
    'is read by %s where it is its own, and the authority’s by nobody',
    async (name, role) => {
      for (const door of ['user-gateway', 'control-plane'] as const) {
        expect(await reads(role, certificateFile(place.paths, door))).toBe(name === door);
      }
      expect(await reads(role, join(place.paths.secrets, 'tls-authority.pem'))).toBe(false);
    },
  );
});
